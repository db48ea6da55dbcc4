#include "pg/connection/connection.hpp"

#include "pg/connection/identity_statements.hpp"
#include "pg/connection/pipeline.hpp"
#include "pg/connection/pooler_hint.hpp"
#include "pg/connection/right_hint.hpp"
#include "pg/connection/session_setup.hpp"

#include <latchkey/pg/connection/connect_options.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <libpq-fe.h>

#include <algorithm>

namespace latchkey::pg {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using executor = asio::io_context::executor_type;
using descriptor = asio::posix::basic_stream_descriptor<executor>;
using resolver = asio::ip::basic_resolver<asio::ip::tcp, executor>;

struct connection_finish {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
};
struct result_clear {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};
using result_ptr = std::unique_ptr<PGresult, result_clear>;

std::string first_line(const char* message) {
    std::string text = message ? message : "";
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    std::ranges::replace(text, '\n', ' ');
    return text.empty() ? "no reason given" : text;
}

constexpr const char* another_database =
    "the connection leads to another database than the feed of changes";
constexpr const char* silent_before_login =
    "the database did not answer within database.connect_timeout";
constexpr std::string_view invalid_statement_name = "26000";
constexpr std::string_view feature_not_supported = "0A000"; // "cached plan must not change …"

std::string unreachable(const std::string& why) {
    return "the database is not reachable: " + why + std::string(pooler_hint(why));
}

std::string refused_settings(const std::string& why) {
    return "the database refuses the session's settings: " + why + std::string(pooler_hint(why));
}

bool is_error(ExecStatusType s) {
    return s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK && s != PGRES_EMPTY_QUERY;
}

bool ends_session(const PGresult* error) {
    const char* field = PQresultErrorField(error, PG_DIAG_SEVERITY_NONLOCALIZED);
    const std::string_view severity = field ? field : "";
    return severity == "FATAL" || severity == "PANIC";
}

} // namespace

// Handlers keep it alive. Once `connection` lets go of it, they do nothing.
class connection::shell final : public std::enable_shared_from_this<shell>,
                                public session_setup::port {
  public:
    shell(asio::io_context& loop, const connection_settings& settings, core::logger& log,
          pg::metrics& cells, connection& self, owner& o)
        : settings_(settings),
          log_(log),
          metrics_(cells),
          self_(self),
          owner_(o),
          resolver_(loop.get_executor()),
          socket_(loop.get_executor()),
          pipeline_(settings.database.in_flight),
          identity_(settings.fence),
          setup_(settings, *this) {}

    void open(core::steady_time now);
    void let_go();
    void close(const std::string& why);
    void send(query& q, core::steady_time now);
    void tick(core::steady_time now);

    bool ready() const noexcept { return state_ == state::ready && identity_.holds(); }
    bool pooled() const noexcept { return setup_.pooled(); }
    bool may_send() const noexcept { return ready() && !telling_failure_ && pipeline_.may_send(); }
    const pg::pipeline& under_way() const noexcept { return pipeline_; }
    core::steady_time opened_at() const noexcept { return opened_at_; }
    const database_identity& identity() const noexcept { return identity_.own(); }
    database_problem problem() const noexcept { return setup_.problem(); }
    const PGconn* raw() const noexcept { return pg_.get(); }

  private:
    enum class state { closed, resolving, connecting, setting_up, ready };

    void resolve(std::size_t target);
    void start(core::steady_time);
    void poll();
    void wait_for_poll(PostgresPollingStatusType);
    void connected();
    // session_setup::port
    void setup_send(query& q) override { hand_over(q); }
    int setup_backend() const override { return PQbackendPID(pg_.get()); }
    int setup_server_version() const override { return PQserverVersion(pg_.get()); }
    void setup_prepare(query& q, const statement& s) override { hand_over_prepare(q, s); }
    void setup_named() override { texts_.set(setup_.names()); }
    void setup_done() override;
    void setup_failed(const std::string& why) override { close(why); }

    void hand_over(query&);
    bool hand_over(const statement&, std::span<const parameter>, bool prepared);
    bool hand_over_settings();
    bool is_prepared(const statement&) const;
    void hand_over_prepare(query&, const statement&);
    void sync_and_flush(query&, bool accepted);
    void flush();
    void wait_readable();
    void readable();
    bool take_results();
    std::vector<std::string> take_notifications();
    bool lacks_its_statements(std::string_view sqlstate) const;
    void deliver(query&, const PGresult*);
    void fail_all(const std::string& why);
    std::string hint_for(const query&, std::string_view sqlstate, std::string_view message);
    std::string last_error() const { return first_line(PQerrorMessage(pg_.get())); }

    const connection_settings& settings_;
    core::logger& log_;
    pg::metrics& metrics_;
    connection& self_;
    owner& owner_;
    state state_ = state::closed;
    bool let_go_ = false;
    bool flushing_ = false;
    /// libpq skips the end mark of a refused query if another is sent right behind the error.
    bool telling_failure_ = false;
    core::steady_time opened_at_{};
    core::steady_time now_{};

    connect_options options_;
    std::vector<connect_options::address> addresses_;
    std::size_t began_with_ = 0; ///< index in addresses_ of the first one tried
    resolver resolver_;
    std::unique_ptr<PGconn, connection_finish> pg_;
    descriptor socket_; // borrowed from libpq: released, never closed
    pg::pipeline pipeline_;
    result_ptr kept_; ///< of the query whose commit is awaited
    fenced_identity identity_;
    session_setup setup_;
    legacy_texts texts_;
};

// --- connecting --------------------------------------------------------------------------------

void connection::shell::open(core::steady_time now) {
    opened_at_ = now_ = now;
    auto parsed =
        connect_options::parse(settings_.database.uri.reveal(), settings_.database.secrets);
    state_ = state::resolving;
    if (!parsed) return close(parsed.error().message);
    options_ = std::move(*parsed);
    if (settings_.only_target) options_.keep_only(*settings_.only_target);
    addresses_.clear();
    resolve(0);
}

void connection::shell::resolve(std::size_t index) {
    const auto& targets = options_.targets();
    for (; index < targets.size(); ++index) {
        if (connect_options::needs_resolution(targets[index])) break;
        addresses_.push_back({targets[index], {}});
    }
    if (index == targets.size()) return start(now_);
    const auto& target = targets[index];
    resolver_.async_resolve(
        target.host, "", [self = shared_from_this(), index](error_code error, const auto& found) {
            if (self->let_go_ || self->state_ != state::resolving) return;
            const auto& where = self->options_.targets()[index];
            for (const auto& entry : found)
                self->addresses_.push_back({where, entry.endpoint().address().to_string()});
            const bool last = index + 1 == self->options_.targets().size();
            if (last && self->addresses_.empty())
                return self->close("the host \"" + where.host +
                                   "\" of database.uri is not known: " + error.message());
            self->resolve(index + 1);
        });
}

void connection::shell::start(core::steady_time) {
    state_ = state::connecting;
    // libpq takes hostaddr for all hosts or for none, so a host that is an address repeats it here.
    for (auto& a : addresses_)
        if (a.hostaddr.empty() && a.where.address.empty() && !a.where.host.starts_with('/') &&
            !a.where.host.empty() && !a.where.host.starts_with('@'))
            a.hostaddr = a.where.host;
    began_with_ = settings_.first_address;
    if (!addresses_.empty())
        std::rotate(addresses_.begin(),
                    addresses_.begin() +
                        static_cast<std::ptrdiff_t>(began_with_ % addresses_.size()),
                    addresses_.end());
    const auto arguments = options_.with_addresses(addresses_);
    pg_.reset(PQconnectStartParams(arguments.keywords.data(), arguments.values.data(), 0));
    if (!pg_ || PQstatus(pg_.get()) == CONNECTION_BAD) return close(unreachable(last_error()));
    PQsetNoticeProcessor(
        pg_.get(),
        [](void* log, const char* message) {
            static_cast<core::logger*>(log)->debug("notice from the database",
                                                   {{"notice", first_line(message)}});
        },
        &log_);
    wait_for_poll(PGRES_POLLING_WRITING);
}

// libpq may change the socket between two polls, so each wait borrows it anew.
void connection::shell::wait_for_poll(PostgresPollingStatusType wanted) {
    if (socket_.is_open()) socket_.release();
    error_code error;
    socket_.assign(PQsocket(pg_.get()), error);
    if (error) return close("the database's socket cannot be watched: " + error.message());
    const auto what =
        wanted == PGRES_POLLING_READING ? descriptor::wait_read : descriptor::wait_write;
    socket_.async_wait(what, [self = shared_from_this()](error_code failed) {
        if (failed || self->let_go_ || self->state_ != state::connecting) return;
        self->poll();
    });
}

void connection::shell::poll() {
    socket_.release();
    const auto status = PQconnectPoll(pg_.get());
    if (status == PGRES_POLLING_OK) return connected();
    if (status == PGRES_POLLING_FAILED) return close(unreachable(last_error()));
    wait_for_poll(status);
}

void connection::shell::connected() {
    error_code error;
    socket_.assign(PQsocket(pg_.get()), error);
    if (error || PQsetnonblocking(pg_.get(), 1) != 0 || PQenterPipelineMode(pg_.get()) != 1)
        return close("the connection cannot enter pipeline mode: " + last_error());
    state_ = state::setting_up;
    wait_readable();
    setup_.begin();
}

void connection::shell::setup_done() {
    identity_.set(setup_.identity(), now_);
    if (!identity_.holds()) return close(another_database);
    state_ = state::ready;
    metrics_.connects.add();
    owner_.connection_ready(self_);
}

// --- ending ------------------------------------------------------------------------------------

void connection::shell::fail_all(const std::string& why) {
    for (auto* q : pipeline_.abandon())
        q->failed({{}, why});
}

void connection::shell::let_go() {
    let_go_ = true;
    state_ = state::closed;
    resolver_.cancel();
    if (socket_.is_open()) socket_.release();
    fail_all("the connection was closed");
    pg_.reset();
}

void connection::shell::close(const std::string& why) {
    if (state_ == state::closed) return;
    const auto keep = shared_from_this();
    const bool was_ready = state_ == state::ready;
    // libpq goes on to the next of several hosts only if one refuses the connection, not if it is
    // silent, or ends the connection before or after the login. Of several connections that failed
    // on the same host, only one moves on.
    const bool was_coming_up = state_ == state::connecting || state_ == state::setting_up;
    if (was_coming_up && settings_.first_address == began_with_)
        settings_.first_address = began_with_ + 1;
    state_ = state::closed;
    resolver_.cancel();
    if (socket_.is_open()) socket_.release();
    pg_.reset();
    if (was_ready)
        metrics_.connections_lost.add();
    else
        metrics_.connects_failed.add();
    fail_all(why);
    owner_.connection_closed(self_, why, was_ready);
}

void connection::shell::tick(core::steady_time now) {
    now_ = now;
    const bool coming_up =
        state_ == state::resolving || state_ == state::connecting || state_ == state::setting_up;
    if (coming_up && now - opened_at_ > settings_.database.connect_timeout)
        return close(state_ == state::setting_up ? silent_after_login : silent_before_login);
    if (state_ == state::ready && !identity_.holds()) return close(another_database);
    const auto since = pipeline_.waiting_since();
    if (state_ == state::ready && since && now - *since > settings_.query_timeout) {
        metrics_.queries_overdue.add();
        close("a query took longer than its deadline");
    }
}

// --- sending -----------------------------------------------------------------------------------

void connection::shell::send(query& q, core::steady_time now) {
    now_ = now;
    hand_over(q);
}

// Sends the statement, prepared or as text. The answer is binary.
bool connection::shell::hand_over(const statement& what, std::span<const parameter> parameters,
                                  bool prepared) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    for (const auto& p : parameters) {
        values.push_back(p.value);
        lengths.push_back(p.length);
        formats.push_back(p.binary ? 1 : 0);
    }
    const auto n = static_cast<int>(parameters.size());
    return 1 == (prepared ? PQsendQueryPrepared(pg_.get(), what.name, n, values.data(),
                                                lengths.data(), formats.data(), 1)
                          : PQsendQueryParams(pg_.get(), texts_.of(what.text), n, nullptr,
                                              values.data(), lengths.data(), formats.data(), 1));
}

// Behind a pooler, everything up to a sync is one transaction, and so runs in one session.
bool connection::shell::hand_over_settings() {
    return !setup_.pooled() ||
           hand_over(setup_.asks_for_database() ? statements::transaction_settings
                                                : statements::session_settings,
                     setup_.settings_of_a_transaction(), false);
}

bool connection::shell::is_prepared(const statement& what) const {
    return settings_.database.prepared_statements && !setup_.pooled() && state_ == state::ready &&
           is_one_of(settings_.prepared, what);
}

void connection::shell::hand_over(query& q) {
    const auto before = [&] {
        return !q.before || hand_over(*q.before, q.before_parameters, is_prepared(*q.before));
    };
    sync_and_flush(q, hand_over_settings() && before() &&
                          hand_over(*q.what, q.parameters, is_prepared(*q.what)));
}

void connection::shell::hand_over_prepare(query& q, const statement& s) {
    sync_and_flush(q, hand_over_settings() &&
                          PQsendPrepare(pg_.get(), s.name, texts_.of(s.text), 0, nullptr) == 1);
}

void connection::shell::sync_and_flush(query& q, bool accepted) {
    q.sent_at = now_;
    if (setup_.pooled())
        pipeline_.sent_with_settings(q);
    else
        pipeline_.sent(q);
    // If libpq does not take it (no memory, or a broken connection), all queries fail.
    if (!accepted || PQpipelineSync(pg_.get()) != 1)
        return close("the connection to the database broke: " + last_error());
    flush();
}

// Reading goes on while the socket is full: two sides that only write would wait for ever.
void connection::shell::flush() {
    if (flushing_) return;
    const int left = PQflush(pg_.get());
    if (left < 0) return close("the connection to the database broke: " + last_error());
    if (left == 0) return;
    flushing_ = true;
    socket_.async_wait(descriptor::wait_write, [self = shared_from_this()](error_code failed) {
        self->flushing_ = false;
        if (failed || self->let_go_ || !self->pg_) return;
        self->flush();
    });
}

// --- receiving ---------------------------------------------------------------------------------

void connection::shell::wait_readable() {
    socket_.async_wait(descriptor::wait_read, [self = shared_from_this()](error_code failed) {
        if (failed || self->let_go_ || !self->pg_) return;
        self->readable();
    });
}

void connection::shell::readable() {
    if (PQconsumeInput(pg_.get()) != 1) {
        // The reason of the end may have arrived before it.
        take_results();
        if (pg_) close("the connection to the database broke: " + last_error());
        return;
    }
    if (!take_results()) return;
    wait_readable();
    if (!flushing_) flush();
    const auto notified = take_notifications();
    if (state_ == state::ready) owner_.connection_advanced(self_);
    for (const auto& channel : notified)
        if (state_ == state::ready) owner_.connection_notified(self_, channel);
}

// Returns false if the connection has ended.
bool connection::shell::take_results() {
    while (pg_ && !pipeline_.empty() && PQisBusy(pg_.get()) == 0) {
        result_ptr result(PQgetResult(pg_.get()));
        const auto status = result ? PQresultStatus(result.get()) : PGRES_EMPTY_QUERY;
        // When libpq reads the connection's end, it forgets what it was asked: from then on it
        // takes rows for the description of a statement, and only errors are what they seem.
        if (PQstatus(pg_.get()) == CONNECTION_BAD && !is_error(status)) {
            close("the connection to the database broke: " + last_error());
            return false;
        }
        const auto event = !result                         ? pipeline::event::end_mark
                           : status == PGRES_PIPELINE_SYNC ? pipeline::event::sync
                           : is_error(status)              ? pipeline::event::error
                                                           : pipeline::event::result;
        switch (pipeline_.received(event)) {
        case pipeline::action::deliver:
            kept_.reset();
            deliver(pipeline_.front(), result.get());
            break;
        case pipeline::action::keep:
            kept_ = std::move(result);
            break;
        case pipeline::action::committed: {
            const auto kept = std::move(kept_);
            deliver(pipeline_.take_committed(), kept.get());
            break;
        }
        case pipeline::action::before:
            pipeline_.front().before_succeeded(*result);
            break;
        case pipeline::action::settings:
            if (is_error(status))
                close(refused_settings(first_line(PQresultErrorMessage(result.get()))));
            else if (!setup_.is_same_database(*result))
                close("the pooler leads to another database than before");
            else
                break;
            return false;
        case pipeline::action::carry_on:
            break;
        case pipeline::action::close:
            close("the database's answers came out of order");
            return false;
        }
    }
    return pg_ != nullptr && !let_go_;
}

// Returns each channel once.
std::vector<std::string> connection::shell::take_notifications() {
    std::vector<std::string> channels;
    while (pg_) {
        PGnotify* notification = PQnotifies(pg_.get());
        if (!notification) break;
        if (std::ranges::find(channels, notification->relname) == channels.end())
            channels.emplace_back(notification->relname);
        PQfreemem(notification);
    }
    return channels;
}

// Somebody threw the prepared statements away (DEALLOCATE ALL, or a pooler's reset, which takes the
// session's settings too), or a table has changed so that their results have other types.
bool connection::shell::lacks_its_statements(std::string_view sqlstate) const {
    return sqlstate == invalid_statement_name ||
           (sqlstate == feature_not_supported && state_ == state::ready);
}

std::string connection::shell::hint_for(const query& q, std::string_view sqlstate,
                                        std::string_view message) {
    const char* role = PQuser(pg_.get());
    return right_hint(sqlstate, message, texts_.of(q.what->text), role ? role : "");
}

void connection::shell::deliver(query& q, const PGresult* result) {
    // The query was sent before the feed saw another database: its answer is not valid any more.
    if (state_ == state::ready && !identity_.holds()) {
        q.failed({{}, another_database});
        return close(another_database);
    }
    if (!is_error(PQresultStatus(result))) return q.succeeded(*result);
    metrics_.queries_failed.add();
    const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const std::string message = primary ? primary : first_line(PQresultErrorMessage(result));
    const auto hint = hint_for(q, sqlstate ? sqlstate : "", message);
    telling_failure_ = true;
    q.failed({sqlstate ? sqlstate : "", message, hint});
    telling_failure_ = false;
    // After such an error the server closes the connection: what is sent would be lost.
    if (ends_session(result))
        return close("the database ended the connection: " + message +
                     std::string(pooler_hint(message)));
    if (lacks_its_statements(sqlstate ? sqlstate : ""))
        close("the session has lost its prepared statements: " + message);
}

// --- the handle --------------------------------------------------------------------------------

connection::connection(asio::io_context& loop, const connection_settings& settings,
                       core::logger& log, metrics& cells, owner& o)
    : shell_(std::make_shared<shell>(loop, settings, log, cells, *this, o)) {}
connection::~connection() {
    shell_->let_go();
}
void connection::open(core::steady_time now) {
    shell_->open(now);
}
void connection::close(const std::string& why) {
    shell_->close(why);
}
bool connection::ready() const noexcept {
    return shell_->ready();
}
bool connection::may_send() const noexcept {
    return shell_->may_send();
}
void connection::send(query& q, core::steady_time now) {
    shell_->send(q, now);
}
bool connection::pooled() const noexcept {
    return shell_->pooled();
}
std::size_t connection::in_flight() const noexcept {
    return shell_->under_way().in_flight();
}
std::optional<core::steady_time> connection::waiting_since() const noexcept {
    return shell_->under_way().waiting_since();
}
core::steady_time connection::opened_at() const noexcept {
    return shell_->opened_at();
}
const database_identity& connection::identity() const noexcept {
    return shell_->identity();
}
std::string connection::host() const {
    const char* text = PQhost(shell_->raw());
    return text ? text : "";
}
std::string connection::port() const {
    const char* text = PQport(shell_->raw());
    return text ? text : "";
}
std::string connection::database() const {
    const char* text = PQdb(shell_->raw());
    return text ? text : "";
}
database_problem connection::problem() const noexcept {
    return shell_->problem();
}
void connection::tick(core::steady_time now) {
    shell_->tick(now);
}

} // namespace latchkey::pg
