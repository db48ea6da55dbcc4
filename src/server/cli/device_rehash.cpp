#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/progress.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

constexpr const auto& fields = api::admin_requests::rehash_devices;

constexpr option options[] = {
    {"generated", "",
     "the bare secrets were generated at random with at least 128 bits: store their SHA-256 rather "
     "than their scrypt"},
    {"dry-run", "", "count the bare secrets by shape, show how they would be read, change nothing"},
    socket_option,
    json_option,
};

struct sums {
    std::size_t rehashed = 0, unusable = 0, changed = 0;

    void add(const std::string& body) {
        const auto answer = boost::json::parse(body);
        rehashed += answer.at("rehashed").to_number<std::size_t>();
        unusable += answer.at("unusable").to_number<std::size_t>();
        changed += answer.at("changed").to_number<std::size_t>();
    }
    std::string json() const {
        return R"({"rehashed":)" + std::to_string(rehashed) + R"(,"unusable":)" +
               std::to_string(unusable) + R"(,"changed":)" + std::to_string(changed) + '}';
    }
};

// If both shapes occur, auth.legacy_device_secret decides whether devices are still accepted. So
// this is said before anything is changed.
void say_how_they_are_read(const std::string& forecast, command_context& context) {
    const auto answer = boost::json::parse(forecast);
    const auto count = [&](const char* name) { return answer.at(name).to_number<std::size_t>(); };
    const auto hashes = count("hex_64");
    const auto others = count("like_hex_64") + count("other");
    if (hashes == 0 || others == 0) return;
    context.err << hashes << " bare secrets are 64 hexadecimal digits, " << others
                << " are not: auth.legacy_device_secret is "
                << answer.at("legacy_device_secret").as_string().c_str() << ", so "
                << count("as_sha256") << " are read as SHA-256, " << count("as_plaintext")
                << " as the secrets themselves, " << count("unusable") << " not at all\n";
}

// Each page is a request of its own, so that pages that are done stay done if this is interrupted.
int run(const command_line& line, command_context& context) {
    const auto socket = admin_socket(line, context);
    const auto forecast = ask_admin(socket, "/admin/v1/devices/rehash",
                                    core::json_object({{fields.name("dry_run"), true}}).text);
    if (forecast.exit_code != exit_code::ok || line.has("dry-run"))
        return show(forecast, line, context);
    say_how_they_are_read(forecast.body, context);
    sums all;
    progress shown(context.err);
    const core::json_member generated{fields.name("generated"), line.has("generated")};
    std::string cursor;
    do {
        const auto asked = cursor.empty()
                               ? core::json_object({generated})
                               : core::json_object({generated, {fields.name("cursor"), cursor}});
        const auto answer = ask_admin(socket, "/admin/v1/devices/rehash", asked.text);
        if (answer.exit_code != exit_code::ok) {
            shown.clear();
            if (all.rehashed > 0)
                context.err << all.rehashed << " secrets are rehashed; run it again for the rest\n";
            return show(answer, line, context);
        }
        all.add(answer.body);
        cursor = next_cursor(answer.body);
        shown.show("rehashed " + std::to_string(all.rehashed) + " secrets");
    } while (!cursor.empty());
    shown.clear();
    if (all.unusable > 0)
        context.err << all.unusable
                    << " bare secrets are not what auth.legacy_device_secret says: they are not "
                       "accepted, and are left as they are\n";
    return show({exit_code::ok, all.json(), {}}, line, context);
}

} // namespace

const command device_rehash_command = {"device rehash",
                                       "Replaces the older service's bare secrets by their hashes",
                                       options,
                                       run,
                                       {},
                                       "latchkey device rehash --dry-run"};

} // namespace latchkey::server
