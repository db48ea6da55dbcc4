"""Takes the code blocks of a manual apart, for tests/check-manuals.

    blocks.py MANUAL FOLDER

Writes each block to FOLDER/LINE.LANGUAGE and prints a line for each: its line in the manual, its language, and
its marks (`not-run=REASON`, `commits`), or "-".
"""
import os
import sys

sys.dont_write_bytecode = True
import markdown  # noqa: E402


def main():
    manual, folder = sys.argv[1:3]
    blocks = markdown.Manual(manual).blocks
    if manual == "README.md" and blocks:
        blocks[0].marks["not-run"] = "needs-build"  # .ci/run runs it, in a clean root
    for block in blocks:
        language = block.language if block.language.isalnum() else "none"
        with open(os.path.join(folder, f"{block.line}.{language}"), "w", encoding="utf-8") as file:
            file.write("\n".join(block.lines) + "\n")
        marks = " ".join(f"{name}={value}" if value else name for name, value in block.marks.items())
        print(block.line, language, marks or "-")


main()
