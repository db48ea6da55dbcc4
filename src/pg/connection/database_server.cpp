#include <latchkey/pg/connection/database_server.hpp>

#include <charconv>
#include <utility>

namespace latchkey::pg {

namespace {

// The timeline has eight hexadecimal digits, as in the names of WAL files.
std::uint32_t number_of(std::string_view timeline) {
    std::uint32_t out = 0;
    std::from_chars(timeline.data(), timeline.data() + timeline.size(), out, 16);
    return out;
}

} // namespace

bool server_news::answered(std::string host, std::string port, const database_identity& identity,
                           core::real_time now) {
    std::string system(identity.lineage().substr(0, identity.lineage().find('/')));
    const auto timeline = number_of(identity.timeline());
    if (latest_.since && host == latest_.host && port == latest_.port &&
        system == latest_.system_identifier && timeline == latest_.timeline)
        return false;
    latest_.host = std::move(host);
    latest_.port = std::move(port);
    latest_.system_identifier = std::move(system);
    latest_.timeline = timeline;
    latest_.since = now;
    return true;
}

void server_news::lost(std::string why, core::real_time now) {
    latest_.last_reset = feed_reset{now, std::move(why)};
}

} // namespace latchkey::pg
