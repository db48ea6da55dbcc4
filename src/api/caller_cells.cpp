#include <latchkey/api/caller_cells.hpp>

#include <utility>

namespace latchkey::api {

void caller_cells::collect(core::metric_sink& sink) const {
    for (const auto& [result, count] :
         {std::pair("admitted", &admitted), std::pair("unknown", &unknown),
          std::pair("forbidden", &forbidden), std::pair("limited", &limited),
          std::pair("undecided", &undecided)})
        sink.add_counter("auth_callers_total", "Requests of callers, by what became of them.",
                         {{"result", result}}, static_cast<double>(count->value()));
}

} // namespace latchkey::api
