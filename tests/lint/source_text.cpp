#include "tests/lint/source_text.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace zonecopy::test {
namespace {

/// Reads C++ far enough to know what is code.
class Blanker {
 public:
  explicit Blanker(std::string_view source) : text_(source) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool sees(std::string_view what) const { return std::string_view(text_).substr(at_).starts_with(what); }
  [[nodiscard]] char before() const { return at_ == 0 ? '\n' : text_[at_ - 1]; }
  [[nodiscard]] bool word_before() const {
    return std::isalnum(static_cast<unsigned char>(before())) || before() == '_';
  }

  void step() {
    if (sees("//")) return blank_to(end_of_line(at_));
    if (sees("/*")) return blank_to(after("*/", at_ + 2));
    if (sees("R\"") && !word_before()) return blank_raw_string();
    if (sees("\"")) return blank_to(end_of_literal('"'));
    if (sees("'") && !word_before()) return blank_to(end_of_literal('\''));  // else it groups the digits of a number
    if (sees("#") && line_is_blank_before()) return blank_to(end_of_directive());
    ++at_;
  }

  void blank_to(std::size_t end) {
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') text_[at_] = ' ';
    }
  }
  [[nodiscard]] std::size_t after(std::string_view what, std::size_t from) const {
    const std::size_t found = text_.find(what, from);
    return found == std::string::npos ? text_.size() : found + what.size();
  }
  [[nodiscard]] std::size_t end_of_line(std::size_t from) const {
    return std::min(text_.find('\n', from), text_.size());
  }
  [[nodiscard]] std::size_t end_of_literal(char quote) const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text_.size());
  }
  void blank_raw_string() {
    const std::size_t open = std::min(text_.find('(', at_), text_.size());
    const std::string close = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
    blank_to(after(close, open));
  }
  [[nodiscard]] bool line_is_blank_before() const {
    const std::size_t line = text_.rfind('\n', at_) + 1;  // npos + 1 is the first line's 0
    return text_.find_first_not_of(" \t", line) == at_;
  }
  [[nodiscard]] std::size_t end_of_directive() const {
    std::size_t end = end_of_line(at_);
    while (end < text_.size() && text_[end - 1] == '\\') end = end_of_line(end + 1);
    return end;
  }

  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::filesystem::path> source_files(const std::vector<std::string>& folders) {
  std::vector<std::filesystem::path> files;
  for (const std::string& folder : folders) {
    const std::filesystem::path root = std::filesystem::path(ZONECOPY_SOURCE_DIR) / folder;
    if (!std::filesystem::exists(root)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension().string();
      if (extension == ".h" || extension == ".cpp") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_text(const std::filesystem::path& path) {
  const std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string without_comments_and_literals(std::string_view source) { return Blanker(source).run(); }

}  // namespace zonecopy::test
