#include "server/doctor/examine.hpp"
#include "server/process/issuer_jwks.hpp"

#include <latchkey/net/https/https_client.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>

namespace latchkey::server {

namespace {

std::string of(const loaded_issuer& issuer, const std::string& why) {
    return "issuer \"" + issuer.texts.issuer + "\": " + why;
}

void judge(const loaded_issuer& issuer, const core::result<net::https_answer>& answer,
           issuer_news& out) {
    if (!answer) return out.unreachable.push_back(of(issuer, answer.error().message));
    const auto set = read_jwks(answer->body, issuer.texts.jwks_bytes_max);
    if (!set)
        out.unreachable.push_back(of(issuer, set.error().message));
    else if (set->keys.empty())
        out.without_keys.push_back(no_keys_published(issuer.texts.issuer));
}

} // namespace

issuer_news fetch_from_issuers(const loaded_issuers& issuers) {
    issuer_news out;
    boost::asio::io_context loop(1);
    std::vector<std::unique_ptr<net::https_get>> fetches;
    for (const auto& one : issuers.all) {
        if (one.file_is_without_keys) out.without_keys.push_back(no_keys_in_file(one.texts.issuer));
        if (!one.fetched_behind) continue;
        fetches.push_back(std::make_unique<net::https_get>(
            loop, *one.fetched_behind, jwks_request(one.texts),
            [&out, &one](const core::result<net::https_answer>& answer) {
                judge(one, answer, out);
            }));
    }
    loop.run();
    return out;
}

} // namespace latchkey::server
