#pragma once
// The threads that write and read while faults happen, and record what they do.

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

/// Writers: SQL for subjects that change once, SQL for those that change back and forth, and admin
/// commands. Readers: two for each node. They begin in the constructor and end with stop().
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

/// The writer whose writes leave no mark in the database, and are recognised by what they revoked.
inline const std::string commander = "command";

/// The ids of the writes that are in the database. Throws if the database cannot be asked.
survivors survivors_in(const cluster&, const recorder&);

} // namespace latchkey::history
