#include "server/cli/missing_nodes.hpp"

#include "server/cli/table.hpp"

#include <algorithm>

namespace latchkey::server {

void missing_nodes::add(const boost::json::object& answer) {
    const auto* complete = answer.if_contains("complete");
    if (!complete || !complete->is_bool() || complete->get_bool()) return;
    any_ = true;
    const auto* missing = answer.if_contains("missing");
    if (!missing || !missing->is_array()) return;
    for (const auto& one : missing->get_array())
        if (const auto* node = one.if_object()) {
            // Times of one form: the later one is the greater text.
            auto& fences_at = fences_at_[text_at(*node, "node")];
            fences_at = std::max(fences_at, text_at(*node, "fences_at"));
        }
}

void missing_nodes::tell(std::ostream& out) const {
    if (!any_) return;
    out << "latchkey: not every node has said so in time\n";
    for (const auto& [node, fences_at] : fences_at_)
        out << "missing: " << node << ", which may answer from its cache until "
            << (fences_at.empty() ? "it hears of it" : fences_at) << '\n';
}

} // namespace latchkey::server
