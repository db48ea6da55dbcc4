#pragma once
// The inside of change_feed: the connection, the polls, and what follows from each.

#include "pg/connection/connection.hpp"
#include "pg/connection/connection_successor.hpp"
#include "pg/connection/host_watch.hpp"
#include "pg/feed/acknowledged_states.hpp"
#include "pg/feed/feed_echo.hpp"
#include "pg/feed/feed_load.hpp"
#include "pg/feed/feed_metrics.hpp"
#include "pg/feed/feed_poll.hpp"
#include "pg/feed/feed_query.hpp"
#include "pg/feed/feed_statements.hpp"
#include "pg/feed/feed_status.hpp"
#include "pg/feed/feed_upkeep.hpp"
#include "pg/feed/proven_facts.hpp"
#include "pg/feed/reassertion.hpp"
#include "pg/feed/trigger_watch.hpp"
#include "pg/statements.hpp"
#include "pg/writes/receipt_statements.hpp"
#include "pg/writes/token_statements.hpp"

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/receipt/applied_changes.hpp>
#include <latchkey/pg/feed/change_feed.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

/// Its timer and the changes being applied keep it alive; once stopped, it does nothing.
class feed_reader final : public connection::owner,
                          public std::enable_shared_from_this<feed_reader> {
  public:
    feed_reader(boost::asio::io_context&, const configuration&, node_identity,
                auth::consistency& known, auth::change_sink&, core::logger&,
                std::function<auth::token_lives()> lives, identity_fence* fence,
                auth::applied_changes* applied, auth::remembered_revocations* remembered);

    void start();
    void stop();
    void leave(std::function<void()> left);
    const std::string& instance() const noexcept { return instance_id_; }
    bool start_over();
    void set_settings(std::string json) { node_.settings = std::move(json); }

    // --- any thread ---
    const feed_status& status() const noexcept { return status_; }
    std::optional<core::nanoseconds> clock_offset() const noexcept { return cells_.clock_offset(); }
    void collect(core::metric_sink&) const;

  private:
    // One poll, until all its changes are applied and its start may be published.
    struct round {
        feed_load load;
        feed_position before; ///< where the next poll begins if this one is given up
        database_identity identity;
        bool no_era;
        bool begins_anew; ///< everything was read anew, and this process announced
        bool era_missing; ///< no era is written: the one in use exists only in memory
        core::moment began;
        std::uint64_t first_fact; ///< consistency::begin_poll()
        core::real_time database_now;
        std::vector<core::real_time> committed_at; ///< of the poll's changes
    };

    void open();
    bool is_outdated() const { return !(opened_with_ == settings_.uri); }
    // A changed database.uri: another connection is made beside the one that is read.
    void turn_over(core::steady_time at);
    bool may_turn_over() const;
    void successor_ready(connection&);
    // Why a changed database.uri may not be followed there; empty if it may.
    std::string objection_to(const connection&) const;
    void succeed();
    std::unique_ptr<host_watch> watch_hosts() const;
    void connection_ready(connection&) override;
    void connection_advanced(connection&) override;
    void connection_notified(connection&, std::string_view channel) override;
    void connection_closed(connection&, const std::string& why, bool was_ready) override;
    void send(feed_query&);
    void refused(const query_failure&);
    void poll_refused(const query_failure&);
    void era_refused(const query_failure&);
    void announcement_refused(const query_failure&);
    void side_refused(const query_failure&) { look_at_warnings(); }
    void unreadable();
    void observe(const feed_query&);

    void want_poll();
    void poll_when_due();
    void poll();
    void polled(const feed_query&, const pg_result& rows);
    void lose();
    void tell_loss();
    acknowledged_states::decision decide(const feed_query& asked, const feed_poll&);
    void poll_from(const acknowledged_state&);
    void resume(const acknowledged_state&, feed_poll);
    void take_identity(const feed_query& asked, const feed_poll&);
    void begin_round(feed_position::outcome, feed_position before, feed_poll);
    void overtaken();
    // What follows from a poll; no other poll begins meanwhile.
    void go_on();
    void apply();
    void applied();
    void revocations_loaded(const pg_result& rows);
    void signing_keys_loaded(const pg_result& rows);
    void interrupt();
    void give_up();
    void finish();

    void announce();
    void announced();
    void announced_anyway();
    bool waits_for_others() const;
    void ask_for_others();
    void others_are_known(const pg_result& rows);
    void do_side_work(bool any_changes);
    void watch_echo(core::steady_time at);
    void watch_triggers(core::steady_time at);
    void triggers_checked(const pg_result& rows);
    void check_refused(const query_failure&);
    void changes_are_unseen(const std::string& why);
    void findings_counted(const pg_result& rows);
    void publish(const round&);
    void ask_for_receipts(core::steady_time at);
    void load_receipts_anew();
    void receipts_loaded(const pg_result& rows);
    void audit_looked_at(const pg_result& rows);

    bool may_poll() const;
    bool busy() const;
    bool leaves_room_for_echo(core::steady_time at) const;
    void keep_time();
    void tick(core::steady_time at);
    void look_at_warnings();

    boost::asio::io_context& loop_;
    const configuration& settings_;
    node_identity node_;
    auth::consistency& known_;
    auth::change_sink& sink_;
    core::logger& log_;
    identity_fence* const fence_;
    auth::applied_changes* const applied_; ///< null: nobody asks
    feed_metrics cells_;
    feed_status status_;
    boost::asio::steady_timer timer_;
    connection_settings connection_settings_;
    std::unique_ptr<connection> conn_;
    std::unique_ptr<connection> old_; ///< destroyed once none of its code is running
    std::unique_ptr<host_watch> others_;
    connection_successor successor_;
    std::unique_ptr<host_watch> next_others_; ///< of the successor's hosts
    crypto::secret opened_with_;              ///< database.uri of conn_
    crypto::secret read_from_;                ///< database.uri of the last poll that was answered
    std::string instance_id_;
    std::string started_at_;

    const feed_query::refusal tell_ = [this](const auto& why) { side_refused(why); };
    const feed_query::refusal give_poll_up_ = [this](const auto& why) { poll_refused(why); };
    const feed_query::refusal give_load_up_ = [this](const auto& why) {
        refused(why);
        interrupt();
    };
    feed_query poll_{statements::poll_changes, [this](const auto& r) { polled(poll_, r); },
                     give_poll_up_};
    feed_query page_{statements::poll_page, [this](const auto& r) { polled(page_, r); },
                     give_poll_up_};
    feed_query begin_era_{statements::begin_era, [this](const auto&) { want_poll(); },
                          [this](const auto& why) { era_refused(why); }};
    feed_query load_revocations_{statements::load_revocations,
                                 [this](const auto& r) { revocations_loaded(r); }, give_load_up_};
    feed_query load_signing_keys_{statements::load_signing_keys,
                                  [this](const auto& r) { signing_keys_loaded(r); }, give_load_up_};
    feed_query announce_{statements::announce_node, [this](const auto&) { announced(); },
                         [this](const auto& why) { announcement_refused(why); }};
    feed_query unsettled_nodes_{statements::unsettled_nodes,
                                [this](const auto& r) { others_are_known(r); }, tell_};
    feed_query check_triggers_{statements::trigger_problem,
                               [this](const auto& r) { triggers_checked(r); },
                               [this](const auto& why) { check_refused(why); }};
    feed_query note_era_{statements::note_era, [this](const auto&) { notes_era_ = false; }, tell_};
    feed_query load_receipts_{statements::load_receipts,
                              [this](const auto& r) { receipts_loaded(r); }, tell_};
    feed_query leave_{statements::leave_nodes, [this](const auto&) { left_(); },
                      [this](const auto&) { left_(); }};
    feed_echo echo_;
    feed_upkeep upkeep_;
    trigger_watch triggers_;
    reassertion memory_of_revocations_;
    const std::array<feed_query*, 24> queries_ = {&echo_.listen,
                                                  &echo_.listen_to_self,
                                                  &echo_.notify_self,
                                                  &poll_,
                                                  &page_,
                                                  &begin_era_,
                                                  &load_revocations_,
                                                  &load_signing_keys_,
                                                  &announce_,
                                                  &upkeep_.prune,
                                                  &upkeep_.prune_revocations,
                                                  &upkeep_.count_findings,
                                                  &check_triggers_,
                                                  &upkeep_.keep_audit_events,
                                                  &upkeep_.watch_audit,
                                                  &note_era_,
                                                  &load_receipts_,
                                                  &upkeep_.prune_answers,
                                                  &upkeep_.prune_usage,
                                                  &upkeep_.settle_credits,
                                                  &memory_of_revocations_.reassert,
                                                  &memory_of_revocations_.leave_era,
                                                  &unsettled_nodes_,
                                                  &leave_};
    // The polls go on without these queries.
    const std::array<const feed_query*, 17> beside_ = {&announce_,
                                                       &begin_era_,
                                                       &upkeep_.prune,
                                                       &upkeep_.prune_revocations,
                                                       &upkeep_.count_findings,
                                                       &upkeep_.keep_audit_events,
                                                       &upkeep_.watch_audit,
                                                       &upkeep_.prune_answers,
                                                       &upkeep_.prune_usage,
                                                       &upkeep_.settle_credits,
                                                       &memory_of_revocations_.reassert,
                                                       &memory_of_revocations_.leave_era,
                                                       &unsettled_nodes_,
                                                       &note_era_,
                                                       &load_receipts_,
                                                       &echo_.listen,
                                                       &echo_.notify_self};

    std::optional<round> round_;
    feed_position position_;
    poll_schedule schedule_;
    node_memory memory_;
    core::moment began_{};         ///< the last poll, or the first page of a series
    std::uint64_t first_fact_ = 0; ///< when it began
    proven_facts proven_;
    acknowledged_states states_;
    std::uint64_t generations_told_ = 0; ///< changes that ended generations
    bool read_here_ = false;             ///< a poll of this connection was taken
    /// The poll under way asks from a state in states_, for rows of all eras.
    std::optional<std::string> asks_from_;
    std::size_t page_bytes_ = 0; ///< smaller after a page that did not come in time
    bool applying_ = false;
    bool announces_again_ = false; ///< more was applied while an announcement was under way
    bool woken_ = false;           ///< by a notification, since the last poll began
    bool tells_woken_ = false; ///< a poll that was woken has ended, or will, and is to be announced
    bool notes_era_ = false;   ///< the era is to be noted in latchkey.eras
    bool loads_receipts_ = false; ///< what receipts are read with is to be loaded
    core::steady_time next_receipts_{};
    /// Others may have to write back what this process has never obeyed: it was away, or is new.
    bool was_behind_ = true;
    bool others_are_unsettled_ = true;
    core::steady_time waits_until_ = core::steady_time::max(); ///< for others to settle
    core::steady_time waits_longest_until_ = core::steady_time::max();
    bool leaving_ = false; ///< nothing is polled, applied or announced any more
    std::function<void()> left_;
    bool stopping_ = false;
    std::size_t attempt_ = 0;
    core::steady_time retry_at_ = core::steady_time::max();
    core::steady_time next_announcement_{};
    core::steady_time next_tick_{};
};

} // namespace latchkey::pg
