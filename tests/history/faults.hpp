#pragma once
// Performs the steps of a schedule, and records from when until when something is broken.

#include "recorder.hpp"
#include "schedule.hpp"
#include "world.hpp"

#include <string>
#include <vector>

namespace latchkey::history {

/// Used on the thread that made the world.
class faults {
  public:
    faults(world& w, recorder& r, const schedule& s) : world_(w), recorder_(r), lazy_(s.lazy) {}

    /// Blocks until the step is done.
    void perform(const step&);
    /// Steps that failed though they must not.
    const std::vector<std::string>& complaints() const noexcept { return complaints_; }
    /// The server whose content is now the truth.
    const cluster& truth() const noexcept { return *truth_; }

  private:
    void perform_on_primary(const step&);
    void perform_on_standby(const step&);
    void perform_on_copies(const step&);
    void perform_on_node(const step&);

    void begin(const std::string& name, bool loses = false, int node = -1);
    void end(const std::string& name, int node = -1) { recorder_.end_fault(name, node); }
    void mark(const std::string& name, int node = -1);
    void ask_primary(const std::string& statement) const;
    /// The primary was down since `down_since_` and answers again, perhaps with less data.
    void is_back();
    void truth_moves_to(cluster&, moment since);
    void migrate_twice();
    void accept();
    void end_holds();
    void restore_dump(const std::string& onto);

    world& world_;
    recorder& recorder_;
    const bool lazy_;
    cluster* truth_ = &world_.a;
    moment down_since_{};
    std::vector<std::string> complaints_;
};

} // namespace latchkey::history
