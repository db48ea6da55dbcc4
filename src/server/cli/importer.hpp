#pragma once
// Sends the items of a file to the server, request by request, and tells what became of them. One
// item that the server or the database cannot read keeps no other item out.

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/json_items.hpp"
#include "server/cli/progress.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// What is said of single items, on standard error and in the report of --json.
class import_remarks {
  public:
    /// `number_name`: what the report calls an item's number.
    import_remarks(std::ostream& err, std::string_view number_name)
        : err_(err), number_name_(number_name), progress_(err) {}

    /// The item was not imported.
    void skip(const json_item&, const std::string& why);
    /// "line 7: …"
    void say(const json_item&, const std::string& text);
    /// "line", or "element" of an array.
    std::string_view word() const noexcept { return word_; }

    std::size_t skipped() const noexcept { return skipped_; }
    /// The skipped items, as the elements of a JSON array.
    const std::string& skipped_json() const noexcept { return skipped_json_; }

  private:
    friend class importer;

    std::ostream& err_;
    std::string_view number_name_;
    progress progress_;
    std::string_view word_ = "line";
    std::size_t skipped_ = 0;
    std::string skipped_json_;
};

struct import_bounds {
    std::size_t request_bytes; ///< of the items in one request
    std::size_t request_items;
    std::size_t item_bytes;
};

/// What is imported, how it is sent, and how it is told. Counts what the server has answered.
class import_kind {
  public:
    virtual ~import_kind() = default;
    virtual std::string_view target() const = 0;
    virtual import_bounds bounds() const = 0;
    /// A request up to its items, such as `{"keys":`.
    virtual std::string opening() const = 0;
    /// What the report calls an item's number.
    virtual std::string_view number_name() const = 0;

    virtual void count(const boost::json::object& answer, std::span<const json_item>,
                       import_remarks&) = 0;
    /// "5 keys"
    virtual std::string so_far() const = 0;
    /// What to say when the server does not take these items nor what follows them.
    virtual std::string stopped(std::span<const json_item>, const import_remarks&,
                                const std::string& complaint) const = 0;
    virtual void tell(std::ostream&, const import_remarks&) const = 0;
};

/// Imports the file, or standard input for "-". Returns the exit code: 64 if an item was skipped.
int import_file(import_kind&, const std::string& path, const command_line&, command_context&);

} // namespace latchkey::server
