#pragma once
// Logs, once each, changes of the node that explain odd things afterwards.

#include "server/process/cached_answers.hpp"

#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/set_back_watch.hpp>
#include <latchkey/pg/feed/change_feed.hpp>

namespace latchkey::server {

/// Lives on the control thread.
class node_watch {
  public:
    node_watch(const auth::consistency& known, core::logger& log) : known_(known), log_(log) {}

    /// To be called each tick, before the clocks are read for anything else.
    void look_at_clock();
    /// To be called each second. `feed` says why cached answers have ended.
    void look_at_cached_answers(const core::moment& now, const pg::change_feed& feed);

  private:
    const auth::consistency& known_;
    core::logger& log_;
    core::set_back_watch clock_;
    cached_answers_watch cached_answers_;
};

} // namespace latchkey::server
