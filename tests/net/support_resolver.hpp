#pragma once
// Names for the tests, resolved without a network. Other names are passed to the system.
//
//   issuer.test    127.0.0.1
//   inside.test    10.1.2.3
//   unroutable.test  fd00::1, then 10.1.2.3
//   mixed.test     127.0.0.2, then 127.0.0.1
//   stuck.test     nothing, until released

namespace latchkey::test {

/// How many look-ups there were, of all names.
int look_ups() noexcept;

/// While it exists, a look-up of stuck.test blocks.
class stuck_resolver {
  public:
    stuck_resolver();
    ~stuck_resolver();
    stuck_resolver(const stuck_resolver&) = delete;
    stuck_resolver& operator=(const stuck_resolver&) = delete;
};

} // namespace latchkey::test
