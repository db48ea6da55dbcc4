#pragma once
// Who writes and who reads while things break: threads of their own, which note what they do.

#include "recorder.hpp"
#include "schedule.hpp"
#include "world.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::history {

/// Writers: SQL for what is changed once, SQL for what goes back and forth, and admin commands.
/// Readers: two for each node. They begin at once and end with stop().
class actors {
  public:
    actors(world&, recorder&, const schedule&, std::uint64_t seed,
           std::map<std::string, std::string> tokens);
    ~actors() { stop(); }
    actors(const actors&) = delete;
    actors& operator=(const actors&) = delete;
    void stop();

  private:
    void write_by_sql(std::string writer, bool reverting, std::uint64_t seed);
    void write_by_command(std::uint64_t seed);
    void read(int node, std::uint64_t seed);
    void ask(int node, std::unique_ptr<test::client>&, const std::string& subject);

    world& world_;
    recorder& recorder_;
    const bool lazy_;
    const std::map<std::string, std::string> tokens_;
    std::map<std::string, std::string> questions_;
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> threads_;
};

/// The writer whose writes leave no mark in the database, and are told by what they revoked.
inline const std::string commander = "command";

/// The ids of the writes that are in the database; throws when it cannot be asked.
survivors survivors_in(const cluster&, const recorder&);

} // namespace latchkey::history
