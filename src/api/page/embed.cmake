# Writes the styles and scripts of a folder into a C++ source:
#   cmake -D OUTPUT=… -D FOLDER=… -P embed.cmake
file(GLOB files ${FOLDER}/*.css ${FOLDER}/*.js)
list(SORT files)
list(LENGTH files count)
set(text "#include \"api/page/files.hpp\"\n\n#include <array>\n\nnamespace latchkey::api::page {\n\nnamespace {\n\n")
string(APPEND text "constexpr std::array<file, ${count}> embedded = {{\n")
foreach(path ${files})
  get_filename_component(name ${path} NAME)
  file(READ ${path} content)
  string(APPEND text "    {\"${name}\", R\"file(${content})file\"},\n")
endforeach()
string(APPEND text "}};\n\n} // namespace\n\nstd::span<const file> files() noexcept { return embedded; }\n\n} // namespace latchkey::api::page\n")
file(WRITE ${OUTPUT} "${text}")
