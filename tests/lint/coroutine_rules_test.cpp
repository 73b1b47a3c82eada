// Holds the rules that keep GCC 12 from miscompiling coroutines (zonecopy/task.h): co_await is a whole statement, or the
// whole right side of an initialization or assignment, without lambdas, braces or brackets in what is awaited.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lint/source_text.h"

namespace zonecopy::test {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

/// What stands in the statement before position `at`; nothing if `at` is inside parentheses or brackets.
std::optional<std::string> statement_before(std::string_view code, std::size_t at) {
  int depth = 0;
  std::size_t start = at;
  for (; start != 0; --start) {
    const char c = code[start - 1];
    if (c == ')' || c == ']') ++depth;
    if (c == '(' || c == '[') --depth;
    if (depth < 0) return std::nullopt;
    if (depth == 0 && (c == ';' || c == '{' || c == '}')) break;
  }
  return trimmed(code.substr(start, at - start));
}

/// What follows position `at` up to the end of its statement; nothing if a brace closes before that.
std::optional<std::string> statement_behind(std::string_view code, std::size_t at) {
  const std::size_t end = code.find_first_of(";}", at);
  if (end == std::string_view::npos || code[end] == '}') return std::nullopt;
  return trimmed(code.substr(at, end - at));
}

/// Takes "if (…)", "else", "for (…)", "case x:" and attributes off the front: a statement may stand under them.
std::string without_heads(std::string text) {
  static const std::regex word("^(else|do|default\\s*:|case\\s(?:[^:?]|::)*:(?!:)|\\[\\[[^\\]]*\\]\\])\\s*");
  static const std::regex head("^(if|while|for|switch)\\s*(constexpr\\s*)?\\(");
  for (std::smatch match;;) {
    if (std::regex_search(text, match, word)) {
      text = match.suffix();
      continue;
    }
    if (!std::regex_search(text, match, head)) return text;
    std::size_t end = static_cast<std::size_t>(match.length());
    for (int depth = 1; depth != 0 && end < text.size(); ++end) depth += (text[end] == '(') - (text[end] == ')');
    text = trimmed(std::string_view(text).substr(end));
  }
}

/// Whether `text` is one call, name or chain of them: at its outermost level there is no operator.
bool is_one_operand(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(') ++depth;
    if (c == ')') --depth;
    const bool arrow = (c == '-' && text.substr(i, 2) == "->") || (c == '>' && i != 0 && text[i - 1] == '-');
    const bool plain = is_word(c) || arrow || std::string_view(" \n()<>:.,").find(c) != std::string_view::npos;
    if (depth == 0 && !plain) return false;
  }
  return depth == 0;
}

/// What is wrong with the co_await at `at`; empty if nothing is.
std::string fault_at(std::string_view code, std::size_t at) {
  const std::optional<std::string> before = statement_before(code, at);
  if (!before) return "inside parentheses or brackets (a condition, an argument)";
  const std::optional<std::string> behind = statement_behind(code, at + std::string_view("co_await").size());
  if (!behind) return "inside braces, or followed by a brace";
  if (behind->find_first_of("[{") != std::string::npos) return "followed by [ or { in its statement";
  if (behind->find("co_await") != std::string::npos) return "twice in a statement";
  if (!is_one_operand(*behind) || before->find('?') != std::string::npos) return "only a part of an expression";
  static const std::regex right_side("^([\\w:<>,&*.\\s]|->)*\\w\\s*=$");
  static const std::regex returns("^(co_return|return|co_yield|throw)\\b");
  const std::string head = without_heads(*before);
  if (head.empty()) return {};
  if (std::regex_search(head, returns)) return "returned at once: name the result";
  if (!std::regex_match(head, right_side)) return "neither a statement nor the right side of a named variable";
  return {};
}

struct Finding {
  std::size_t line = 0;
  std::string fault;
};

struct Scan {
  std::size_t awaits = 0;
  std::vector<Finding> findings;
};

Scan scan(std::string_view source) {
  const std::string code = without_comments_and_literals(source);
  constexpr std::string_view keyword = "co_await";
  Scan result;
  for (std::size_t at = code.find(keyword); at != std::string::npos; at = code.find(keyword, at + 1)) {
    const std::size_t end = at + keyword.size();
    if ((at != 0 && is_word(code[at - 1])) || (end < code.size() && is_word(code[end]))) continue;
    if (code.substr(0, at).ends_with("operator ")) continue;  // a type that says how it is awaited
    ++result.awaits;
    const std::string fault = fault_at(code, at);
    const auto lines = std::count(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    if (!fault.empty()) result.findings.push_back({static_cast<std::size_t>(lines) + 1, fault});
  }
  return result;
}

TEST(CoroutineRules, TheProjectKeepsThem) {
  std::size_t awaits = 0;
  for (const auto& path : source_files({"include", "src", "zonefs", "tools", "tests"})) {
    const Scan result = scan(read_text(path));
    awaits += result.awaits;
    for (const Finding& finding : result.findings) {
      ADD_FAILURE() << path.string() << ":" << finding.line << ": co_await " << finding.fault;
    }
  }
  EXPECT_GE(awaits, 10U) << "the sources were not found";
}

TEST(CoroutineRules, WhatIsAllowed) {
  const std::vector<std::string> allowed = {
      "{ co_await event; }",
      "; co_await device->flush();",
      "} co_await loop.sleep_ns(duration);",
      "{ const Status done = co_await device.write(lba, data.first(count)); }",
      "; auto loan = co_await pool.acquire();",
      "; const Result<std::vector<Zone>> zones = co_await device.report_zones(0, count + 1);",
      "; [[maybe_unused]] const Status ignored = co_await device.flush();",
      "; std::unique_ptr<int> result = co_await only<int, std::map<int, int>>(value);",
      "; report.error = co_await f(a < b, c->d, -1, !x, *y, \"a[0] {\");",
      "; const Status done = co_await device.manage_zone(zone, unwritten ? ZoneAction::reset : ZoneAction::close);",
      "; guard->lock = co_await locks.exclusive(key);",
      "{ if (ready) co_await event; }",
      "{ if (ready(x)) { co_await event; } else co_await other; }",
      "{ for (int i = 0; i < 3; ++i) co_await yield; }",
      "{ while (more()) value = co_await next(); }",
      "{ switch (x) { case Kind::one: co_await event; break; default: co_await other; } }",
      "spawn([] { co_await event; });",
      "{ co_await std::move(task); } // if (co_await x)",
      "/* f(co_await x) */ int co_awaiting;",
      "const char* text = \"f(co_await x)\";",
      "const char* text = R\"(f(co_await x) \" ))\";",
      "const int n = 1'000; co_await event; const char c = '{';",
      "#define X f(co_await y)\n; co_await event;",
  };
  for (const std::string& code : allowed) {
    const Scan result = scan(code);
    for (const Finding& finding : result.findings) ADD_FAILURE() << code << "\n  co_await " << finding.fault;
  }
}

TEST(CoroutineRules, WhatIsNot) {
  const std::vector<std::string> forbidden = {
      "{ if (co_await ready()) return; }",
      "{ if (const Status s = co_await f(); !s) return; }",
      "{ while (co_await next()) {} }",
      "{ while (!co_await next()) {} }",
      "{ switch (co_await kind()) { case 1: break; } }",
      "{ for (auto x = co_await first(); x; ) {} }",
      "{ for (const auto& x : co_await all()) {} }",
      "; const int x = ok ? co_await f() : 0;",
      "; ok ? co_await f() : g();",
      "; const int x = co_await f() ? 1 : 0;",
      "; co_await f([s] { return s; });",
      "; co_await f(Args{1});",
      "; co_await f({1, 2});",
      "; co_await f(list[0]);",
      "; const int x = g(co_await f());",
      "; g(1, co_await f());",
      "; const int x = co_await f() + 1;",
      "; const int x = 1 + co_await f();",
      "; const int x = (co_await f()).y;",
      "; const bool x = co_await f() && g();",
      "; const bool x = y == co_await f();",
      "; x += co_await f();",
      "; const int x = co_await f(co_await g());",
      "{ co_return co_await f(); }",
      "{ const T x{co_await f()}; }",
      "; list[co_await f()] = 1;",
      "; (void)co_await f();",
      "; const auto [a, b] = co_await f();",
      "; const bool x = !co_await f();",
  };
  for (const std::string& code : forbidden) EXPECT_FALSE(scan(code).findings.empty()) << code;
}

TEST(CoroutineRules, LinesAreRight) {
  const Scan result = scan("// one\n/* two\n three */ const char* a = R\"(\n)\";\nf(co_await x);\n");
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].line, 5U);
}

}  // namespace
}  // namespace zonecopy::test
