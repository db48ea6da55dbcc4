#include "server/process/reloader.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace latchkey::server {

reloader::reloader(surroundings around, core::real_time loaded_at)
    : around_(std::move(around)), succeeded_at_(loaded_at.time_since_epoch().count()) {}

void reloader::ask(done then) {
    waiting_.push_back(std::move(then));
    if (!under_way_) begin();
}

void reloader::begin() {
    under_way_ = true;
    served_ = std::exchange(waiting_, {});
    around_.tell_manager(true);
    const auto read = std::make_shared<std::optional<core::result<loaded_configuration>>>();
    around_.elsewhere([read, how = around_.reader()] { read->emplace(how()); },
                      [this, read] { ended(std::move(**read)); });
}

void reloader::ended(core::result<loaded_configuration> read) {
    const auto result = read ? around_.apply(std::move(*read)) : outcome(read.error());
    last_succeeded_ = result.has_value();
    if (result) succeeded_at_ = std::chrono::system_clock::now().time_since_epoch().count();
    (result ? applied_ : refused_).add();
    log(result);
    // A callback may ask for the next reload at once.
    for (const auto& then : std::exchange(served_, {}))
        then(result);
    under_way_ = false;
    if (!waiting_.empty()) return begin();
    around_.tell_manager(false);
}

void reloader::log(const outcome& result) const {
    if (!result)
        return around_.log.error("the configuration stays as it was: the new one has mistakes",
                                 {{"reason", result.error().message}});
    around_.log.info("the configuration was read again", {{"changed", names_of(result->changed)}});
    if (!result->needs_restart.empty())
        around_.log.warning("changed settings wait for a restart",
                            {{"keys", names_of(result->needs_restart)}});
}

void reloader::collect(core::metric_sink& sink) const {
    constexpr auto reloads = "auth_config_reloads_total";
    constexpr auto help = "Reloads of the configuration.";
    sink.add_counter(reloads, help, {{"outcome", "applied"}},
                     static_cast<double>(applied_.value()));
    sink.add_counter(reloads, help, {{"outcome", "refused"}},
                     static_cast<double>(refused_.value()));
    sink.add_gauge("auth_config_last_reload_successful",
                   "1 while the last reload, or the start, took the configuration.", {},
                   last_succeeded_ ? 1 : 0);
    const core::real_time at{core::real_time::duration(succeeded_at_.load())};
    sink.add_gauge("auth_config_last_reload_success_timestamp_seconds",
                   "When the configuration in use was read.", {},
                   std::chrono::duration<double>(at.time_since_epoch()).count());
}

} // namespace latchkey::server
