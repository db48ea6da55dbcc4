#pragma once
// One prepared statement: its name, its text, and how many parameters it takes.

namespace latchkey::pg {

struct statement {
    const char* name;
    const char* text;
    int parameters;
};

} // namespace latchkey::pg
