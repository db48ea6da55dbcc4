#include <latchkey/pg/lifecycle.hpp>

#include "changes.hpp"
#include "revocation_changes.hpp"
#include "signing_key_changes.hpp"

#include <latchkey/pg/connection.hpp>
#include <latchkey/pg/random_uuid.hpp>
#include <latchkey/pg/token_statements.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <deque>

namespace latchkey::pg {

namespace {

constexpr std::array write_statements = {
    statements::create_organization, statements::create_api_key,
    statements::revoke_api_key,      statements::list_nodes,
    statements::create_revocation,   statements::list_revocations,
    statements::delete_revocation,   statements::list_signing_keys,
    statements::add_signing_key,     statements::promote_signing_key,
    statements::retire_signing_key,  statements::rotate_signing_key};
constexpr core::milliseconds tick_length{20};

core::steady_time now() {
    return std::chrono::steady_clock::now();
}

} // namespace

// The connection, opened when there is something to do and kept; and the changes that wait for it,
// done one at a time.
class lifecycle::writer final : public connection::owner,
                                public std::enable_shared_from_this<writer> {
  public:
    writer(boost::asio::io_context& loop, const configuration& settings, core::logger& log,
           pg::metrics& cells)
        : loop_(loop),
          settings_(settings),
          log_(log),
          metrics_(cells),
          timer_(loop),
          connection_settings_{settings, settings.write_timeout, write_statements, nullptr} {}

    void add(std::unique_ptr<change> c) {
        if (stopping_ || waiting_.size() >= waiting_max)
            return c->fail(stopping_ ? "the server is shutting down"
                                     : "too many changes wait for the database");
        c->asked_at = now();
        waiting_.push_back(std::move(c));
        if (!conn_ || (!conn_->ready() && !opening_)) open();
        send_next();
        keep_time();
    }

    void stop() {
        stopping_ = true;
        timer_.cancel();
        conn_.reset();
        for (auto& c : std::exchange(waiting_, {}))
            c->fail("the server is shutting down");
        under_way_.reset();
    }

  private:
    void open() {
        opening_ = true;
        old_ = std::move(conn_);
        conn_ = std::make_unique<connection>(loop_, connection_settings_, log_, metrics_, *this);
        conn_->open(now());
    }
    void send_next() {
        if (under_way_ || waiting_.empty() || !conn_ || !conn_->may_send()) return;
        under_way_ = std::move(waiting_.front());
        waiting_.pop_front();
        under_way_->seal();
        conn_->send(*under_way_, now());
    }
    void connection_ready(connection&) override {
        opening_ = false;
        send_next();
    }
    void connection_advanced(connection&) override {
        if (under_way_ && under_way_->ended()) {
            metrics_.observe(under_way_->what->name,
                             std::chrono::duration<double>(now() - under_way_->sent_at).count());
            under_way_.reset();
        }
        send_next();
    }
    void connection_closed(connection&, const std::string& why, bool) override {
        opening_ = false;
        under_way_.reset();
        for (auto& c : std::exchange(waiting_, {}))
            c->fail(why);
    }
    // Only while something is under way.
    void keep_time() {
        if (ticking_) return;
        ticking_ = true;
        timer_.expires_after(tick_length);
        timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
            self->ticking_ = false;
            if (cancelled || self->stopping_) return;
            self->old_.reset();
            if (self->conn_) self->conn_->tick(now());
            self->connection_advanced(*self->conn_);
            if (self->under_way_ || !self->waiting_.empty()) self->keep_time();
        });
    }

    boost::asio::io_context& loop_;
    const configuration& settings_;
    core::logger& log_;
    pg::metrics& metrics_;
    boost::asio::steady_timer timer_;
    connection_settings connection_settings_;
    std::unique_ptr<connection> conn_;
    std::unique_ptr<connection> old_;
    std::deque<std::unique_ptr<change>> waiting_;
    std::unique_ptr<change> under_way_;
    bool opening_ = false;
    bool ticking_ = false;
    bool stopping_ = false;
};

lifecycle::lifecycle(boost::asio::io_context& loop, const configuration& settings,
                     core::logger& log)
    : writer_(std::make_shared<writer>(loop, settings, log, metrics_)) {}

lifecycle::~lifecycle() {
    writer_->stop();
}

void lifecycle::create_organization(auth::new_organization asked,
                                    completion<auth::organization> done) {
    if (!asked.organization_id) {
        auto id = random_uuid();
        if (!id) return done(id.error());
        asked.organization_id = std::move(*id);
    }
    writer_->add(make_create_organization(std::move(asked), std::move(done)));
}

void lifecycle::create_api_key(auth::new_api_key key, completion<core::real_time> done) {
    writer_->add(make_create_api_key(std::move(key), std::move(done)));
}

void lifecycle::revoke_api_key(auth::revocation_request asked,
                               completion<auth::revoked_api_key> done) {
    writer_->add(make_revoke_api_key(std::move(asked), std::move(done)));
}

void lifecycle::list_nodes(completion<std::vector<auth::node_state>> done) {
    writer_->add(make_list_nodes(std::move(done)));
}

void lifecycle::create_revocation(auth::revocation asked, std::optional<std::string> reason,
                                  completion<auth::stored_revocation> done) {
    writer_->add(make_create_revocation(std::move(asked), std::move(reason), std::move(done)));
}

void lifecycle::list_revocations(auth::revocation_page page,
                                 completion<std::vector<auth::stored_revocation>> done) {
    const auto after = page.after ? revocation_id(*page.after) : 0;
    if (!after)
        return done(core::failure{core::failure_kind::invalid,
                                  '"' + *page.after + "\" is no revocation's id"});
    writer_->add(make_list_revocations(*after, page.limit, std::move(done)));
}

void lifecycle::delete_revocation(std::string id, completion<auth::stored_revocation> done) {
    const auto number = revocation_id(id);
    if (!number) return done(no_such_revocation(id));
    writer_->add(make_delete_revocation(*number, std::move(done)));
}

void lifecycle::list_signing_keys(completion<std::vector<auth::signing_key>> done) {
    writer_->add(make_list_signing_keys(std::move(done)));
}

void lifecycle::add_first_signing_key(auth::new_signing_key key, completion<bool> done) {
    writer_->add(make_add_signing_key(std::move(key), std::nullopt, std::move(done)));
}

void lifecycle::add_next_signing_key(auth::new_signing_key key, core::real_time activates_at,
                                     completion<bool> done) {
    writer_->add(make_add_signing_key(std::move(key), activates_at, std::move(done)));
}

void lifecycle::promote_signing_key(std::string key_id, core::seconds publish_ahead,
                                    completion<bool> done) {
    writer_->add(make_promote_signing_key(std::move(key_id), publish_ahead, std::move(done)));
}

void lifecycle::retire_signing_key(std::string key_id, core::seconds retire_after,
                                   completion<bool> done) {
    writer_->add(make_retire_signing_key(std::move(key_id), retire_after, std::move(done)));
}

void lifecycle::rotate_signing_key(auth::new_signing_key key, bool at_once,
                                   core::seconds publish_ahead, completion<bool> done) {
    writer_->add(make_rotate_signing_key(std::move(key), at_once, publish_ahead, std::move(done)));
}

void lifecycle::stop() {
    writer_->stop();
}
void lifecycle::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}

} // namespace latchkey::pg
