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

bool server_news::answered(server_place place, const database_identity& identity,
                           core::real_time now) {
    const auto timeline = number_of(identity.timeline());
    const bool is_same = latest_.since && place.host == latest_.host &&
                         place.port == latest_.port && identity.lineage() == lineage_ &&
                         timeline == latest_.timeline;
    static_cast<server_place&>(latest_) = std::move(place);
    if (is_same) return false;
    lineage_ = identity.lineage();
    latest_.system_identifier = lineage_.substr(0, lineage_.find('/'));
    latest_.timeline = timeline;
    latest_.since = now;
    return true;
}

void server_news::lost(std::string why, core::real_time now) {
    latest_.last_reset = feed_reset{now, std::move(why)};
}

} // namespace latchkey::pg
