#pragma once
// Revocations of organizations. The database may hold several spellings of one id; each of them
// counts while it holds, and withdrawing one does not withdraw the others.

#include <latchkey/auth/organization/organization_form.hpp>
#include <latchkey/auth/revocation/revocation.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace latchkey::auth {

/// Used on one thread.
class organization_revocations {
  public:
    organization_form form() const noexcept { return form_; }
    /// Sets how organizations are told apart. If that changes, all revocations are forgotten.
    void set_form(organization_form);
    void forget();

    /// Takes a change of one spelling, and returns what now holds for the organization, by its
    /// canonical id.
    revocation_change joined(const revocation_change&);

    /// Number of spellings, of all organizations.
    std::size_t spellings() const noexcept { return count_; }
    /// Forgets the revocations for which `is_over` returns true.
    void prune(const std::function<bool(const revocation&)>& is_over);

  private:
    // Revocations of one organization, by spelling.
    using spelled = std::map<std::string, revocation, std::less<>>;

    void note(spelled&, const revocation_change&);

    organization_form form_ = organization_form::unknown;
    std::map<std::string, spelled, std::less<>> all_; ///< by canonical id
    std::size_t count_ = 0;
};

} // namespace latchkey::auth
