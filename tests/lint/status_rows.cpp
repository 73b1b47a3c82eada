// The rows of zonecopyfs(8) about the attributes of a mount, as roff, from the table that the daemon answers from.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "zonefs/core/status.h"

namespace {

/// Straight quotation marks become those of roff, in pairs.
std::string with_quotes(std::string_view text) {
  std::string result;
  bool open = false;
  for (const char character : text) {
    if (character != '"') {
      result += character;
      continue;
    }
    result += open ? "\\(rq" : "\\(lq";
    open = !open;
  }
  return result;
}

/// A line for each sentence.
std::string in_lines(std::string text) {
  for (std::size_t at = text.find(". "); at != std::string::npos; at = text.find(". ", at + 1)) text[at + 1] = '\n';
  return text;
}

}  // namespace

int main() {
  using zonecopy::zonefs::StatusRecord;
  for (const StatusRecord& record : zonecopy::zonefs::status_records()) {
    const std::string name = fmt::format("{}{}", zonecopy::zonefs::attribute_prefix, record.name);
    const std::string line = record.unit.empty() ? ".I " + name : fmt::format(".IR {} \" ({})\"", name, record.unit);
    fmt::print(".TP\n{}\n{}\n", line, in_lines(with_quotes(record.meaning)));
  }
}
