#pragma once
// The threads that write and read while faults happen, and record what they do.

#include "random.hpp"
#include "recorder.hpp"
#include "schedule.hpp"
#include "sql.hpp"
#include "subjects.hpp"
#include "world.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::history {

/// Writers: SQL and admin commands, each for subjects that change once and for those that change
/// back and forth. What commands have disabled, SQL enables again. Readers: two for each node. They
/// begin in the constructor and end with stop().
class actors {
  public:
    actors(world&, recorder&, const schedule&, std::uint64_t seed,
           std::map<std::string, std::string> tokens);
    ~actors() { stop(); }
    actors(const actors&) = delete;
    actors& operator=(const actors&) = delete;
    void stop();

  private:
    struct result;
    void write(std::string writer, bool by_command, bool reverting, std::uint64_t seed);
    result change_by_sql(int id, const subject&, const std::string& code, sql& database) const;
    result end_by_command(int id, const subject&, random_numbers&) const;
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

/// SQL by which a write leaves its mark in its own transaction. Commands leave theirs in the audit
/// trail, as the id of the request.
std::string mark_of(int id);
std::string request_of(int id);

/// The ids of the writes that are in the database. Throws if the database cannot be asked.
survivors survivors_in(const cluster&, const recorder&);

} // namespace latchkey::history
