#pragma once
// How far this process has applied the feed of changes, for questions that carry a receipt.
//
// A receipt of this database's present life (place and era) counts once the applied snapshot covers
// its transaction. One of an earlier era that this database has lived through counts at once: what
// is known now was read after that era had ended, and is the newest there is. Any other receipt may
// be about a newer life, which this process has not met yet, so it does not count.

#include <latchkey/auth/receipt/receipt.hpp>
#include <latchkey/auth/receipt/transaction_snapshot.hpp>
#include <latchkey/core/mailbox.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::auth {

/// What is known of applied changes at an instant. Immutable.
struct applied_knowledge {
    struct position {
        name_digest place{};
        std::optional<name_digest> era; ///< nullopt: none is written, and so no change is made
        transaction_snapshot applied;
    };
    crypto::secret key;                     ///< of receipts; empty until it is loaded
    std::vector<name_digest> eras_before{}; ///< that the database has lived through; sorted
    std::optional<position> reached{};      ///< nullopt while everything is read anew

    /// Whether every answer from now on knows of the receipt's change.
    bool has_applied(const receipt&) const noexcept;
};

/// Somebody who waits for news, on a worker. Arrives there when there is some.
class applied_watcher : public core::mail {
  public:
    /// The next news is to be told, once. Its own thread.
    void want_news() noexcept { wants_.store(true); }

  protected:
    /// `own_box` returns the mailbox of its thread; called when there is news.
    explicit applied_watcher(std::function<core::mailbox&()> own_box)
        : own_box_(std::move(own_box)) {}
    ~applied_watcher() = default;

  private:
    friend class applied_changes;
    std::function<core::mailbox&()> own_box_;
    std::atomic<bool> wants_{false};
};

/// One for the process.
class applied_changes {
  public:
    applied_changes();

    /// Before the first change is applied. The watcher must live as long as changes are applied.
    void add(applied_watcher&);

    // --- the thread that applies the feed ---
    void set_key(crypto::secret key, const std::vector<std::string>& eras);
    /// All changes that the snapshot covers have been applied.
    void publish(std::string_view place, const std::optional<std::string>& era,
                 transaction_snapshot applied);
    /// What was applied does not count any more.
    void lose();

    // --- any thread ---
    std::shared_ptr<const applied_knowledge> latest() const;
    /// Returns nullopt while the key is not known, and for a change of no era.
    std::optional<std::string> receipt_for(const change_position&) const;

  private:
    void replace(applied_knowledge);

    mutable std::mutex mutex_; ///< held briefly
    std::shared_ptr<const applied_knowledge> latest_;
    std::vector<applied_watcher*> watchers_;
};

} // namespace latchkey::auth
