#include "server/cli/commands.hpp"

#include <latchkey/crypto/jws.hpp>

#include <array>
#include <fstream>
#include <iterator>

namespace latchkey::server {

namespace {

constexpr int not_valid = 1; // the exit code that conformance suites expect

constexpr option options[] = {
    {.name = "jwk", .value_name = "FILE", .help = "one JWK, public or symmetric", .required = true},
    {.name = "compact",
     .value_name = "TOKEN",
     .help = "the token, a JWS in compact form",
     .required = true}};

constexpr auto all_algorithms = [] {
    std::array<crypto::jws_algorithm, crypto::jws_algorithms.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<crypto::jws_algorithm>(i);
    return all;
}();

core::result<crypto::jwk> read_key(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file)
        return core::failure{core::failure_kind::invalid, "the file " + path + " can't be read"};
    auto key = crypto::jwk::parse(text);
    if (!key) return core::failure{key.error().kind, "the JWK is unusable: " + key.error().message};
    return key;
}

int run(const command_line& line, command_context& context) {
    const auto invalid = [&](std::string_view why) {
        context.err << "invalid: " << why << '\n';
        return not_valid;
    };
    const auto key = read_key(*line.get("jwk"));
    if (!key) return invalid(key.error().message);
    const auto text = *line.get("compact");
    auto token = crypto::unverified_token::read(text);
    if (!token) return invalid(token.error().message);
    const auto verified = crypto::verified_token::verify(std::move(*token), *key, all_algorithms);
    if (!verified) return invalid(verified.error().message);
    context.err << "valid: signed with " << crypto::traits_of(verified->algorithm()).name << '\n';
    return exit_code::ok;
}

} // namespace

const command verify_jws_command = {
    "verify-jws", "Checks one compact JWS against one JWK: exit 0 valid, 1 invalid", options, run,
    {},           "latchkey verify-jws --jwk key.json --compact \"$TOKEN\""};

} // namespace latchkey::server
