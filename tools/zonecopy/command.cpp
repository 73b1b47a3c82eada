#include "tools/zonecopy/command.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <limits>

#include "zonecopy/size.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {

int fail(const std::string& text, int exit_status) {
  zonefs::print(stderr, "zonecopy: {}\n", one_line(text));
  return exit_status;
}

int fail(const Error& error, int exit_status) { return fail(error.to_string(), exit_status); }

CLI::Option* add_size_option(CLI::App& app, const std::string& name, std::uint64_t& bytes, const std::string& help) {
  const auto to_bytes = [](std::string& text) {
    const Result<std::uint64_t> size = parse_size(text);
    if (!size) return size.error().detail();
    text = std::to_string(*size);
    return std::string();
  };
  return app.add_option(name, bytes, help)->type_name("SIZE")->transform(CLI::Validator(to_bytes, ""));
}

CLI::Option* add_number_option(CLI::App& app, const std::string& name, std::uint32_t& number, const std::string& help) {
  const auto check = [](const std::string& text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) return std::string();
    return fmt::format("'{}' is no number from 0 to {}", text, std::numeric_limits<std::uint32_t>::max());
  };
  return app.add_option(name, number, help)->type_name("N")->check(CLI::Validator(check, ""));
}

}  // namespace zonecopy::tools
