#include "pg/connection/host_watch.hpp"

#include <latchkey/pg/connection/connect_options.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace latchkey::pg {

namespace {

constexpr core::seconds ask_interval{1};

} // namespace

class host_watch::host final : public connection::owner, public query {
  public:
    host(boost::asio::io_context& loop, const configuration& settings, core::logger& log,
         pg::metrics& cells, identity_fence& fence, std::size_t index)
        : loop_(loop),
          log_(log),
          cells_(cells),
          fence_(fence),
          settings_{settings, settings.feed_timeout, {}, {}, nullptr, 0, index} {
        what = &statements::read_identity;
    }

    bool was_asked() const noexcept { return was_asked_; }
    void tick(core::steady_time now) {
        old_.reset();
        now_ = now;
        if (conn_) conn_->tick(now);
        if (now < next_ || under_way_) return;
        next_ = now + ask_interval;
        if (!conn_ || closed_) return open();
        if (!conn_->may_send()) return;
        under_way_ = true;
        conn_->send(*this, now);
    }

  private:
    void open() {
        old_ = std::move(conn_);
        closed_ = false;
        conn_ = std::make_unique<connection>(loop_, settings_, log_, cells_, *this);
        conn_->open(now_);
    }
    // --- connection::owner ---
    void connection_ready(connection& c) override {
        was_asked_ = true;
        fence_.met(c.identity(), core::steady_now());
    }
    void connection_advanced(connection&) override {}
    void connection_closed(connection&, const std::string&, bool) override {
        closed_ = was_asked_ = true;
    }
    // --- query: an answer shows that the connection still reaches that primary ---
    void succeeded(const pg_result&) override {
        under_way_ = false;
        fence_.met(conn_->identity(), core::steady_now());
    }
    void failed(const query_failure&) override { under_way_ = false; }

    boost::asio::io_context& loop_;
    core::logger& log_;
    pg::metrics& cells_;
    identity_fence& fence_;
    connection_settings settings_;
    std::unique_ptr<connection> conn_;
    std::unique_ptr<connection> old_; ///< destroyed once none of its code is running
    core::steady_time now_{};
    core::steady_time next_{};
    bool under_way_ = false;
    bool closed_ = false;
    bool was_asked_ = false;
};

host_watch::host_watch(boost::asio::io_context& loop, const configuration& settings,
                       identity_fence& fence)
    : settings_(settings) {
    const auto options = connect_options::parse(settings_.uri.reveal(), settings_.secrets);
    if (!options || options->targets().size() < 2) return;
    for (std::size_t i = 0; i < options->targets().size(); ++i)
        hosts_.push_back(std::make_unique<host>(loop, settings_, log_, cells_, fence, i));
}

host_watch::~host_watch() = default;

bool host_watch::has_asked_all() const {
    return std::ranges::all_of(hosts_, [](const auto& h) { return h->was_asked(); });
}

void host_watch::tick(core::steady_time now) {
    for (auto& h : hosts_)
        h->tick(now);
}

} // namespace latchkey::pg
