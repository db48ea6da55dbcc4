#pragma once
// Which transactions a reader of the database saw as committed or rolled back: PostgreSQL's
// pg_snapshot.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// Immutable.
class transaction_snapshot {
  public:
    /// Parses "xmin:xmax:xip,xip,…"; returns nullopt if it is malformed.
    static std::optional<transaction_snapshot> parse(std::string_view text);

    /// Whether the transaction had ended when the snapshot was taken.
    bool covers(std::uint64_t transaction) const noexcept;

  private:
    std::uint64_t end_ = 0;                  ///< this transaction, and later ones, had not begun
    std::vector<std::uint64_t> under_way_{}; ///< sorted
};

/// Parses a decimal number that fills the text.
std::optional<std::uint64_t> parse_transaction(std::string_view text) noexcept;

} // namespace latchkey::auth
