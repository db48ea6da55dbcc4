#pragma once
// Keeps the keys of issuers that publish them: fetches each set when it is due or wished for
// (auth::jwks_refresh decides), and puts the keys into the issuers that count.

#include "server/process/https_fetcher.hpp"
#include "server/process/issuers.hpp"
#include "server/process/own_signing_key_news.hpp"

#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/issuer/jwks_refresh.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::server {

/// Lives on the control thread, but for what says otherwise.
class issuer_jwks final : public auth::jwks_source {
  public:
    /// `own_box` is the control thread's. `jitter` in [0, 1): this node's own. `known` tells when
    /// there are news of our own keys.
    issuer_jwks(boost::asio::io_context& loop, core::mailbox& own_box, auth::issuer_directory&,
                double jitter, core::logger&, own_signing_key_news, const auth::consistency& known);
    ~issuer_jwks();

    /// From now on these issuers count. What was fetched for one that is fetched as before stays.
    void configure(const loaded_issuers&, const core::moment& now);
    /// Now and then: begins what is due.
    void tick(const core::moment& now);
    /// How workers wait for news of our own keys.
    std::shared_ptr<const auth::jwks_fetching> own_news() const noexcept { return own_.state(); }

    core::mailbox& box() noexcept override { return own_box_; }
    void asked(auth::jwks_inquiry&) noexcept override;

    // --- any thread ---
    /// Whose keys are missing, and why; empty: nobody's.
    std::string problem() const;
    /// Issuers whose set of keys has none in it, each with a sentence.
    std::vector<std::string> findings() const;
    void collect(core::metric_sink&) const;

  private:
    struct source;
    using source_ptr = std::shared_ptr<source>;

    source_ptr find(const std::string& issuer_name) const;
    source_ptr make_source(const loaded_issuer&) const;
    void begin(const source_ptr&, const core::moment& now);
    void ended(source&, core::result<net::https_answer>, const core::moment& now);
    struct taken {
        std::string why; ///< the keys are not in use; nothing: they are
        bool answered;   ///< by a set that can be read, be it an older one
    };
    taken take(source&, const net::https_answer&, const core::moment& now);
    void publish(const source&);
    void tell_problem();
    void tell_findings();

    core::mailbox& own_box_;
    auth::issuer_directory& directory_;
    const double jitter_;
    core::logger& log_;
    std::vector<source_ptr> sources_;
    std::vector<std::string> files_without_keys_; ///< issuers'
    https_fetcher fetcher_;
    own_signing_key_news own_;
    const auth::consistency& known_;

    core::counter taken_;
    core::counter older_;
    core::counter failed_;
    mutable std::mutex problem_mutex_; ///< guards the two
    std::string problem_;
    std::vector<std::string> findings_;
};

} // namespace latchkey::server
