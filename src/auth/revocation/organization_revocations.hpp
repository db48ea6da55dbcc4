#pragma once
// Revocations of organizations may stand in the database in several spellings of one id, of which
// any that holds counts: one that is withdrawn takes no other along.

#include <latchkey/auth/organization/organization_form.hpp>
#include <latchkey/auth/revocation/revocation.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace latchkey::auth {

/// One thread.
class organization_revocations {
  public:
    organization_form form() const noexcept { return form_; }
    /// How organizations are told apart. What was known in other spellings is forgotten.
    void set_form(organization_form);
    void forget();

    /// What holds now of the organization, by its canonical id, when this is told of one spelling.
    revocation_change joined(const revocation_change&);

    /// Of all organizations.
    std::size_t spellings() const noexcept { return count_; }
    /// Forgets those that the call says are over.
    void prune(const std::function<bool(const revocation&)>& is_over);

  private:
    // By spelling.
    using spelled = std::map<std::string, revocation, std::less<>>;

    void note(spelled&, const revocation_change&);

    organization_form form_ = organization_form::unknown;
    std::map<std::string, spelled, std::less<>> all_; ///< by canonical id
    std::size_t count_ = 0;
};

} // namespace latchkey::auth
