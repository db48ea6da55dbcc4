#include <latchkey/pg/change_feed.hpp>

#include <latchkey/core/json_text.hpp>
#include <latchkey/pg/connection.hpp>
#include <latchkey/pg/feed_poll.hpp>
#include <latchkey/pg/pool_plan.hpp>
#include <latchkey/pg/random_uuid.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <mutex>

namespace latchkey::pg {

namespace {

constexpr std::array<statement, 3> feed_statements = {
    statements::poll_changes, statements::announce_node, statements::prune_changes};
constexpr core::milliseconds busy_tick{20};
constexpr core::seconds announce_interval{1};
constexpr core::seconds prune_interval{60};

core::steady_time steady_now() {
    return std::chrono::steady_clock::now();
}

parameter text(const std::string& value) {
    return {value.c_str(), 0, false};
}

std::string seconds_text(core::milliseconds d) {
    return std::to_string(static_cast<double>(d.count()) / 1000);
}

// One statement of the feed, sent again and again.
class feed_query final : public query {
  public:
    feed_query(const statement& s, std::function<void(const pg_result&)> answered,
               std::function<void(const query_failure&)> failed)
        : answered_(std::move(answered)), failed_(std::move(failed)) {
        what = &s;
    }
    void succeeded(const pg_result& rows) override {
        under_way = was_refused = false;
        if (answered_) answered_(rows);
    }
    void failed(const query_failure& why) override {
        under_way = false;
        was_refused = !why.sqlstate.empty(); // otherwise the connection tells
        if (was_refused) failed_(why);
    }
    bool under_way = false;
    bool was_refused = false; ///< by the server, the last time
    std::vector<std::string> values;

  private:
    std::function<void(const pg_result&)> answered_;
    std::function<void(const query_failure&)> failed_;
};

} // namespace

class change_feed::reader final : public connection::owner,
                                  public std::enable_shared_from_this<reader> {
  public:
    reader(boost::asio::io_context& loop, const configuration& settings, node_identity node,
           auth::consistency& known, auth::change_sink& sink, core::logger& log)
        : loop_(loop),
          settings_(settings),
          node_(std::move(node)),
          known_(known),
          sink_(sink),
          log_(log),
          timer_(loop),
          connection_settings_{settings, settings.feed_timeout, feed_statements, nullptr},
          listen_(statements::listen_for_changes, nullptr, refused()),
          poll_(
              statements::poll_changes, [this](const auto& rows) { polled(rows); }, refused()),
          begin_era_(
              statements::begin_era, [this](const auto&) { poll(); }, refused()),
          announce_(statements::announce_node, nullptr, refused()),
          prune_(statements::prune_changes, nullptr, refused()) {}

    void start() {
        auto id = random_uuid();
        if (!id) throw std::runtime_error(id.error().message);
        instance_id_ = std::move(*id);
        core::append_rfc3339(started_at_, node_.started_at);
        std::erase(started_at_, '"');
        problem_ = "the feed of changes has not been read yet";
        open();
        keep_time();
    }
    void stop() {
        stopping_ = true;
        timer_.cancel();
        conn_.reset();
        old_.reset();
    }
    std::string problem() const {
        const std::lock_guard lock(problem_mutex_);
        return problem_;
    }
    void collect(core::metric_sink& sink) const {
        cells_.collect(sink);
        const auto stale = age(known_.freshness(), core::moment::now());
        sink.add_gauge("auth_feed_age_seconds",
                       "Since the last applied poll of the feed of changes began.", {},
                       std::chrono::duration<double>(stale).count());
        sink.add_histogram("auth_revocation_lag_seconds",
                           "From a change, as the database's clock saw it, to its being applied.",
                           {}, lag_);
        const auto count = [&](const char* name, const char* help, const core::counter& c) {
            sink.add_counter(name, help, {}, static_cast<double>(c.value()));
        };
        count("auth_feed_polls_total", "Polls of the feed that were applied.", polls_);
        count("auth_feed_changes_total", "Rows of the feed that were applied.", changes_);
        count("auth_feed_resets_total", "Times that everything cached was given up.", resets_);
    }

  private:
    std::function<void(const query_failure&)> refused() {
        return [this](const query_failure& why) {
            set_problem("the database refuses to tell of changes: " + std::string(why.message) +
                        " (SQLSTATE " + std::string(why.sqlstate) + ")");
        };
    }

    // --- the connection ------------------------------------------------------------------------
    void open() {
        old_ = std::move(conn_);
        conn_ = std::make_unique<connection>(loop_, connection_settings_, log_, cells_, *this);
        retry_at_ = core::steady_time::max();
        conn_->open(steady_now());
    }
    void connection_ready(connection&) override {
        attempt_ = 0;
        listen_.under_way = poll_.under_way = begin_era_.under_way = announce_.under_way =
            prune_.under_way = false;
        send(listen_);
        poll();
    }
    void connection_advanced(connection&) override {}
    void connection_notified(connection&) override { poll(); }
    void connection_closed(connection&, const std::string& why, bool was_ready) override {
        attempt_ = was_ready ? 1 : attempt_ + 1;
        const double jitter = static_cast<double>(attempt_ * 37 % 100) / 100;
        retry_at_ =
            steady_now() + backoff(attempt_, settings_.backoff_min, settings_.backoff_max, jitter);
        set_problem(why);
    }
    void send(feed_query& q) {
        if (q.under_way || !conn_ || !conn_->may_send()) return;
        q.parameters.clear();
        for (const auto& v : q.values)
            q.parameters.push_back(text(v));
        q.under_way = true;
        conn_->send(q, steady_now());
    }

    // --- polling -------------------------------------------------------------------------------
    void poll() {
        if (poll_.under_way || applying_ || !conn_ || !conn_->may_send()) {
            again_ = true;
            return;
        }
        again_ = false;
        began_ = core::moment::now();
        next_poll_ = steady_now() + settings_.feed_interval;
        poll_.values.clear();
        poll_.parameters.assign(1,
                                position_.snapshot() ? text(*position_.snapshot()) : parameter{});
        poll_.under_way = true;
        conn_->send(poll_, steady_now());
    }

    void polled(const pg_result& rows) {
        cells_.observe(poll_.what->name,
                       std::chrono::duration<double>(steady_now() - poll_.sent_at).count());
        auto answer = decode_feed_poll(rows);
        if (!answer) return conn_->close("the feed's answer cannot be read");
        const auto outcome = position_.advance(*answer);
        if (outcome != feed_position::outcome::follows) {
            if (known_.freshness().boot != core::boot_time{}) {
                log_.warning("changes may have been missed: the cache is emptied");
                resets_.add();
            }
            known_.lose();
            answer->changes = {};
            answer->changes.everything = true;
        }
        applying_ = true;
        const bool no_era = outcome == feed_position::outcome::no_era;
        sink_.apply(answer->changes,
                    [self = shared_from_this(), no_era, began = began_, now = answer->database_now,
                     at = std::move(answer->committed_at)] {
                        if (!self->stopping_) self->applied(no_era, began, now, at);
                    });
    }

    void applied(bool no_era, const core::moment& began, core::real_time database_now,
                 const std::vector<core::real_time>& committed_at) {
        applying_ = false;
        polls_.add();
        if (no_era) return send(begin_era_);
        known_.publish(began);
        // By the database's clock: what it said in the poll, and what has passed since, at most.
        const auto since = core::moment::now().boot - began.boot;
        for (const auto at : committed_at) {
            changes_.add();
            lag_.observe(std::chrono::duration<double>(database_now - at + since).count());
        }
        const bool complete = !announce_.was_refused && !prune_.was_refused;
        if (complete && !problem().empty()) {
            log_.info("the feed of changes is read");
            set_problem("");
        }
        if (!committed_at.empty() || steady_now() >= next_announcement_) announce();
        if (steady_now() >= next_pruning_) prune();
        if (again_) poll();
    }

    void announce() {
        next_announcement_ = steady_now() + announce_interval - busy_tick;
        announce_.values = {
            instance_id_,
            node_.name,
            node_.version,
            started_at_,
            seconds_text(std::chrono::duration_cast<core::milliseconds>(known_.max_staleness())),
            *position_.snapshot()};
        send(announce_);
    }
    void prune() {
        next_pruning_ = steady_now() + prune_interval;
        prune_.values = {seconds_text(settings_.feed_retention), seconds_text(silent_node_margin)};
        send(prune_);
    }

    // --- time ----------------------------------------------------------------------------------
    bool busy() const { return !conn_ || !conn_->ready() || poll_.under_way || applying_; }
    void keep_time() {
        const auto at = steady_now();
        timer_.expires_at(busy() ? at + busy_tick : std::max(at, next_poll_));
        timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
            if (cancelled || self->stopping_) return;
            self->tick(steady_now());
            self->keep_time();
        });
    }
    void tick(core::steady_time at) {
        old_.reset();
        if (conn_) conn_->tick(at);
        if (at >= retry_at_) open();
        if (at >= next_poll_ && !busy()) poll();
    }

    void set_problem(const std::string& why) {
        const std::lock_guard lock(problem_mutex_);
        if (!why.empty() && problem_ != why)
            log_.warning("the feed of changes cannot be read", {{"reason", why}});
        problem_ = why;
    }

    boost::asio::io_context& loop_;
    const configuration& settings_;
    const node_identity node_;
    auth::consistency& known_;
    auth::change_sink& sink_;
    core::logger& log_;
    pg::metrics cells_;
    boost::asio::steady_timer timer_;
    connection_settings connection_settings_;
    std::unique_ptr<connection> conn_;
    std::unique_ptr<connection> old_;
    std::string instance_id_;
    std::string started_at_;

    feed_query listen_;
    feed_query poll_;
    feed_query begin_era_;
    feed_query announce_;
    feed_query prune_;

    feed_position position_;
    core::moment began_{};
    bool applying_ = false;
    bool again_ = false;
    bool stopping_ = false;
    std::size_t attempt_ = 0;
    core::steady_time retry_at_ = core::steady_time::max();
    core::steady_time next_poll_{};
    core::steady_time next_announcement_{};
    core::steady_time next_pruning_{};

    core::latency_histogram lag_;
    core::counter polls_;
    core::counter changes_;
    core::counter resets_;
    mutable std::mutex problem_mutex_;
    std::string problem_;
};

change_feed::change_feed(boost::asio::io_context& loop, const configuration& settings,
                         node_identity node, auth::consistency& known, auth::change_sink& sink,
                         core::logger& log)
    : reader_(std::make_shared<reader>(loop, settings, std::move(node), known, sink, log)) {}

change_feed::~change_feed() {
    stop();
}

void change_feed::start() {
    reader_->start();
}
void change_feed::stop() {
    reader_->stop();
}
std::string change_feed::problem() const {
    return reader_->problem();
}
void change_feed::collect(core::metric_sink& sink) const {
    reader_->collect(sink);
}

} // namespace latchkey::pg
