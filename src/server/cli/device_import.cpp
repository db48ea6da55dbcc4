#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/progress.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>
#include <istream>
#include <span>
#include <string>
#include <vector>

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

// Less than the default of server.body_bytes_max.
constexpr std::size_t request_bytes_max = std::size_t{48} * 1024;
constexpr std::size_t request_lines_max = 500;

bool is_object(const std::string& line) {
    boost::json::error_code error;
    return boost::json::parse(line, error).is_object() && !error;
}

struct numbered_line {
    std::size_t number;
    std::string text;
};

// Gathers lines into requests, and names the lines that are refused.
class importer {
  public:
    importer(const command_line& line, command_context& context, double bytes)
        : line_(line), context_(context), socket_(admin_socket(line, context)), bytes_(bytes) {}

    /// Returns the exit code.
    int run(std::istream& in) {
        std::string line;
        while (code_ == exit_code::ok && std::getline(in, line)) {
            ++number_;
            read_ += static_cast<double>(line.size() + 1);
            take(std::move(line));
        }
        if (code_ == exit_code::ok) send();
        progress_.clear();
        tell();
        if (code_ != exit_code::ok) return code_;
        return refused_ > 0 ? exit_code::usage : exit_code::ok;
    }

  private:
    void take(std::string line) {
        if (line.find_first_not_of(" \t\r") == line.npos) return;
        if (!is_object(line)) return refuse(number_, "it is no JSON object");
        if (line.size() > request_bytes_max) return refuse(number_, "it is too long");
        const bool full = waiting_bytes_ + line.size() > request_bytes_max ||
                          waiting_.size() == request_lines_max;
        if (full) send();
        waiting_bytes_ += line.size() + 1;
        waiting_.push_back({number_, std::move(line)});
    }
    void send() {
        send(waiting_);
        waiting_.clear();
        waiting_bytes_ = 0;
        progress_.show(std::to_string(imported_) + " devices", read_, bytes_);
    }
    // One line that the server or the database cannot read makes a whole request fail. The request
    // is then sent in halves, until that line is found and the others are imported.
    void send(std::span<const numbered_line> lines) {
        if (lines.empty() || code_ != exit_code::ok) return;
        const auto answer = ask_admin(socket_, "/admin/v1/devices/import", request_of(lines));
        if (answer.exit_code == exit_code::ok)
            return count(boost::json::parse(answer.body).as_object(), lines);
        if (answer.exit_code != exit_code::usage) return stop(answer, lines);
        if (lines.size() == 1) return refuse(lines[0].number, answer.complaint);
        const auto half = lines.size() / 2;
        send(lines.first(half));
        send(lines.subspan(half));
    }
    static std::string request_of(std::span<const numbered_line> lines) {
        std::string out = R"({"devices":)";
        for (const auto& line : lines)
            (out += &line == lines.data() ? '[' : ',') += line.text;
        return out += "]}";
    }
    void count(const boost::json::object& answer, std::span<const numbered_line> lines) {
        imported_ += answer.at("imported").to_number<std::size_t>();
        for (const auto& one : answer.at("refused").as_array()) {
            const auto index = one.at("index").to_number<std::size_t>();
            if (index < lines.size())
                refuse(lines[index].number, std::string(one.at("why").as_string()));
        }
    }
    void stop(const admin_answer& answer, std::span<const numbered_line> lines) {
        progress_.clear();
        code_ = answer.exit_code;
        context_.err << "latchkey: lines " << lines.front().number << " to " << lines.back().number
                     << " and what follows are not imported: " << answer.complaint << '\n';
    }
    void refuse(std::size_t number, const std::string& why) {
        progress_.clear();
        ++refused_;
        context_.err << "line " << number << ": " << why << '\n';
        if (!refusals_.empty()) refusals_ += ',';
        refusals_ += R"({"line":)" + std::to_string(number) + R"(,"why":)";
        core::append_json_string(refusals_, why);
        refusals_ += '}';
    }
    void tell() {
        if (line_.has("json"))
            context_.out << R"({"imported":)" << imported_ << R"(,"refused":[)" << refusals_
                         << "]}\n";
        else
            context_.out << "imported  " << imported_ << "\nrefused   " << refused_ << '\n';
    }

    const command_line& line_;
    command_context& context_;
    const admin_place socket_;
    const double bytes_; // size of the file; 0: not known
    progress progress_{context_.err};
    int code_ = exit_code::ok;
    std::size_t number_ = 0;
    double read_ = 0;
    std::vector<numbered_line> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t imported_ = 0;
    std::size_t refused_ = 0;
    std::string refusals_;
};

int run(const command_line& line, command_context& context) {
    const auto& path = *line.argument;
    if (path == "-") return importer(line, context, 0).run(context.in);
    std::ifstream file(path);
    if (!file) {
        context.err << "latchkey: " << path << " cannot be read\n";
        return exit_code::usage;
    }
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(path, unknown);
    return importer(line, context, unknown ? 0 : static_cast<double>(bytes)).run(file);
}

} // namespace

const command device_import_command = {
    "device import", "Imports devices and their stored secrets from a file (JSON lines)",
    options,         run,
    "FILE",          "latchkey device import devices.jsonl"};

} // namespace latchkey::server
