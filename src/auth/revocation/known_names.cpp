#include "auth/revocation/known_names.hpp"

#include <latchkey/core/text/nearest_name.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace latchkey::auth {

namespace {

using names = std::vector<std::string_view>;

constexpr std::size_t suggested_max = 3;
constexpr std::size_t listed_max = 5;
constexpr const char* to_force =
    "; to store it nevertheless, force it (--force, in HTTP \"force\": true)";

std::string quoted(std::string_view name) {
    return '"' + std::string(name) + '"';
}

std::string joined(const std::vector<std::string>& all, const char* last) {
    std::string out;
    for (std::size_t i = 0; i < all.size(); ++i)
        out += (i == 0 ? "" : i + 1 == all.size() ? last : ", ") + all[i];
    return out;
}

// The nearest first.
names nearest(std::string_view given, names candidates) {
    names out;
    while (out.size() < suggested_max) {
        const auto best = core::nearest_name(given, candidates);
        if (best.empty()) break;
        out.push_back(best);
        std::erase(candidates, std::string(best));
    }
    return out;
}

std::string did_you_mean(const std::vector<std::string>& all) {
    return all.empty() ? "" : "; did you mean " + joined(all, " or ") + "?";
}

// Compares ids and names; a candidate that is near by both is listed once.
std::vector<std::string> nearest_of(const name_lookup& found, std::string_view given) {
    names candidates;
    for (const auto& other : found.others)
        for (const auto& text : {std::string_view(other.id), std::string_view(other.name)})
            if (!text.empty()) candidates.push_back(text);
    std::vector<std::string> out;
    for (const auto near : nearest(given, candidates)) {
        const auto it = std::ranges::find_if(
            found.others, [&](const auto& o) { return o.id == near || o.name == near; });
        const auto named = it->name.empty() ? "" : " (" + it->name + ')';
        const auto text = quoted(it->id) + named;
        if (std::ranges::find(out, text) == out.end()) out.push_back(text);
    }
    return out;
}

} // namespace

std::optional<std::string> complaint_about_issuer(const issuer_set& known, std::string_view own,
                                                  std::string_view given) {
    if (given == own) return std::nullopt;
    const auto* found = known.find(given);
    if (found && found->rules.revocable) return std::nullopt;
    if (found)
        return "issuer " + quoted(given) +
               " is configured as revocable = false: its tokens are answered without asking for "
               "revocations, and this would revoke nothing" +
               to_force;
    names all{own};
    for (const auto& one : known.all())
        all.push_back(one.rules.issuer);
    std::vector<std::string> told;
    for (const auto near : nearest(given, all))
        told.push_back(quoted(near));
    auto out = "no issuer " + quoted(given) + " is known here, and this would revoke nothing";
    if (!told.empty()) return out + did_you_mean(told) + to_force;
    for (std::size_t i = 0; i < all.size() && i < listed_max; ++i)
        told.push_back(quoted(all[i]));
    if (all.size() > listed_max) told.push_back(std::to_string(all.size() - listed_max) + " more");
    return out + "; known are " + joined(told, " and ") + to_force;
}

std::optional<std::string> complaint_about_organization(const name_lookup& found,
                                                        std::string_view given) {
    if (found.known) return std::nullopt;
    return "no organization " + quoted(given) + " is known here, and this would revoke nothing" +
           did_you_mean(nearest_of(found, given)) + to_force;
}

std::optional<std::string> complaint_about_credential(const name_lookup& found,
                                                      std::string_view given) {
    if (found.known) return std::nullopt;
    return "no key and no device " + quoted(given) +
           " is known here, so that none of our own tokens has this subject" +
           did_you_mean(nearest_of(found, given)) +
           "; another issuer's subject needs its \"issuer\" (--issuer)" + to_force;
}

} // namespace latchkey::auth
