#include "server/cli/pages.hpp"

#include "server/cli/commands.hpp"
#include "server/cli/json_slice.hpp"

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/http/characters.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

namespace json = boost::json;

// Rows of a page: many enough that requests are few, few enough that a server's turn is short.
constexpr std::size_t page_rows = 200;

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 18 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A cursor is a number or base64url.
bool is_cursor(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    });
}

// Returns null, and says so, if the answer has no such list.
const json::array* rows_of(const list_kind& kind, const json::value& answer,
                           command_context& context) {
    const auto* found = answer.as_object().if_contains({kind.member.data(), kind.member.size()});
    if (found && found->is_array()) return &found->get_array();
    context.err << "latchkey: the server's answer has no list \"" << kind.member << "\"\n";
    return nullptr;
}

// Prints pages of a list, in the form that the options say.
class page_writer {
  public:
    page_writer(const list_kind& kind, const command_line& line, command_context& context)
        : kind_(kind),
          context_(context),
          json_(line.has("json")),
          quiet_(line.has("quiet")),
          table_(context.out, context.terminal, context.now, kind.columns) {}

    /// `all`: the rows of the body. `last`: no page follows it here.
    void write(const std::string& body, const json::array& all, bool last) {
        const auto rows = shown_of(all);
        rows_ += rows.size();
        if (json_)
            write_json(body, all, last);
        else if (quiet_)
            write_ids(rows);
        else if (!rows.empty())
            table_.print(rows);
    }
    std::size_t rows() const { return rows_; }
    void say_if_empty() const {
        if (rows_ == 0 && !json_ && !quiet_) context_.err << "There are no " << kind_.noun << ".\n";
    }

  private:
    bool shows(const json::value& row) const {
        const auto* members = row.if_object();
        return !kind_.shows || !members || kind_.shows(*members);
    }
    json::array shown_of(const json::array& rows) const {
        if (!kind_.shows) return rows;
        json::array out;
        for (const auto& one : rows)
            if (shows(one)) out.push_back(one);
        return out;
    }
    // The shown elements as they were written, with commas between them.
    std::string shown_text_of(std::string_view array, const json::array& rows) const {
        if (!kind_.shows) return std::string(elements_text(array));
        std::string out;
        const auto elements = elements_of(array);
        for (std::size_t i = 0; i < rows.size() && i < elements.size(); ++i)
            if (shows(rows[i])) out.append(out.empty() ? "" : ",").append(elements[i]);
        return out;
    }
    // A list of one page is printed as it came. More pages make one document, with all elements
    // and the last page's other members.
    void write_json(const std::string& body, const json::array& rows, bool last) {
        if (!begun_ && last && !kind_.shows) {
            context_.out << body << '\n';
            return;
        }
        const auto elements = shown_text_of(member_text(body, kind_.member), rows);
        if (!begun_) context_.out << "{\"" << kind_.member << "\":[";
        if (any_ && !elements.empty()) context_.out << ',';
        context_.out << elements;
        begun_ = true;
        any_ |= !elements.empty();
        if (!last) return;
        const auto next = member_text(body, "next_cursor");
        context_.out << R"(],"next_cursor":)" << (next.empty() ? "null" : next) << "}\n";
    }
    void write_ids(const json::array& rows) {
        for (const auto& one : rows)
            if (const auto* members = one.if_object())
                if (const auto* id = members->if_contains({kind_.id.data(), kind_.id.size()}))
                    context_.out << text_of(*id) << '\n';
    }

    const list_kind& kind_;
    command_context& context_;
    const bool json_;
    const bool quiet_;
    table_printer table_;
    bool begun_ = false;
    bool any_ = false;
    std::size_t rows_ = 0;
};

std::string page_target(const list_kind& kind, const std::string& query, std::size_t limit,
                        const std::string& cursor) {
    auto out = std::string(kind.target) + query;
    if (!kind.has_pages) return out;
    out += (query.empty() ? "?limit=" : "&limit=") + std::to_string(limit);
    if (!cursor.empty()) out += "&cursor=" + cursor;
    return out;
}

} // namespace

std::string next_cursor(const std::string& body) {
    const auto answer = json::parse(body);
    const auto* next = answer.as_object().if_contains("next_cursor");
    return next && next->is_string() ? std::string(next->get_string()) : std::string();
}

bool has_more(const std::string& body) {
    const auto answer = json::parse(body);
    const auto* more = answer.as_object().if_contains("more");
    return more && more->is_bool() && more->get_bool();
}

int show_list(const list_kind& kind, const std::string& query, const command_line& line,
              command_context& context) {
    const auto limit = line.get("limit");
    if (limit && (!is_number(*limit) || std::stoull(*limit) == 0))
        return refuse(context, "--limit takes a number, at least 1");
    auto cursor = line.get("cursor").value_or("");
    if (line.has("cursor") && !is_cursor(cursor))
        return refuse(context, "--cursor takes the cursor that an earlier page printed");
    const std::size_t wanted = limit ? std::stoull(*limit) : std::string::npos;
    const auto place = admin_socket(line, context);
    page_writer out(kind, line, context);
    for (;;) {
        const auto size = std::min(page_rows, wanted - out.rows());
        const auto answer = ask_admin(place, page_target(kind, query, size, cursor));
        if (answer.exit_code != exit_code::ok) return show(answer, line, context);
        const auto page = json::parse(answer.body);
        const auto* rows = rows_of(kind, page, context);
        if (!rows) return exit_code::bug;
        const auto next = next_cursor(answer.body);
        // A server that answers with the same cursor would be asked for ever.
        const bool ends = next.empty() || next == cursor || (kind.grows && !has_more(answer.body));
        const bool last = ends || out.rows() + rows->size() >= wanted;
        out.write(answer.body, *rows, last);
        if (last) {
            out.say_if_empty();
            if (!ends && !line.has("json"))
                context.err << "There are more: --cursor " << next << '\n';
            return exit_code::ok;
        }
        cursor = next;
    }
}

int show_rows(const list_kind& kind, const admin_answer& answer, const command_line& line,
              command_context& context) {
    if (answer.exit_code != exit_code::ok) return show(answer, line, context);
    const auto whole = json::parse(answer.body);
    const auto* rows = rows_of(kind, whole, context);
    if (!rows) return exit_code::bug;
    page_writer out(kind, line, context);
    out.write(answer.body, *rows, true);
    out.say_if_empty();
    return show_acknowledged(answer, line, context);
}

bool may_be_an_id(std::string_view id) {
    return http::request_target_characters.holds(id) && id.find_first_of("/?%") == id.npos;
}

std::optional<int> refuse_id(const command_line& line, command_context& context,
                             std::string_view what) {
    const auto& id = *line.argument;
    // The complaint must not repeat a key, because others may read it.
    if (auth::classify_api_key(id) == auth::api_key_shape::own)
        return refuse(context, "this is the key itself: name its KEY_ID, which \"key create\" and "
                               "verifications show");
    if (may_be_an_id(id)) return std::nullopt;
    return refuse(context, '"' + id + "\" is no " + std::string(what));
}

} // namespace latchkey::server
