#pragma once
// How long a connection may take for what it does now.

#include <latchkey/core/clock.hpp>
#include <latchkey/net/deadline_wheel.hpp>

#include <algorithm>

namespace latchkey::http {

/// What a connection does, as far as its deadline is concerned.
enum class phase {
    rest,   ///< nothing of a request has arrived: a drain need not wait for it
    header, ///< part of a header has arrived
    busy,   ///< it receives a body, answers, sends, or ends
};

/// In its worker's deadline wheel from its construction to its destruction. The class that derives
/// from it is told when the deadline passes, and calls `pass`.
class connection_deadline : public net::deadline_entry {
  public:
    connection_deadline(const connection_deadline&) = delete;
    connection_deadline& operator=(const connection_deadline&) = delete;

    /// Begins a phase that may take that long.
    void begin(phase what, core::milliseconds time) noexcept {
        begin(what);
        deadline = wheel_.now() + time;
        // Deadlines nearer than one round of the wheel would otherwise be noticed late.
        if (time < net::deadline_wheel::tick * net::deadline_wheel::slots) wheel_.hasten(*this);
    }
    /// Begins a phase that may take any time.
    void begin(phase what) noexcept {
        phase_ = what;
        late_ = false;
        deadline = core::steady_time::max();
    }
    /// Begins a phase within the time of the one before.
    void go_on(phase what) noexcept { phase_ = what; }

    http::phase phase() const noexcept { return phase_; }
    /// True if the deadline has passed.
    bool late() const noexcept { return late_; }

    void draining(core::steady_time end) override {
        if (phase_ == http::phase::rest) deadline = std::min(deadline, end);
    }

  protected:
    connection_deadline(net::deadline_wheel& wheel, core::milliseconds first) noexcept
        : wheel_(wheel) {
        deadline = wheel.now() + first;
        wheel.insert(*this);
    }
    ~connection_deadline() { wheel_.remove(*this); }

    void pass() noexcept {
        deadline = core::steady_time::max();
        late_ = true;
    }

  private:
    net::deadline_wheel& wheel_;
    http::phase phase_ = http::phase::rest;
    bool late_ = false;
};

} // namespace latchkey::http
