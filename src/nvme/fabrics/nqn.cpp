#include "src/nvme/fabrics/nqn.h"

#include <fmt/format.h>
#include <uuid/uuid.h>

#include <algorithm>
#include <string>

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::string_view uuid_prefix = "nqn.2014-08.org.nvmexpress:uuid:";
constexpr std::string_view date_form = "nqn.yyyy-mm.";

Error invalid_nqn_error(std::string_view text, std::string_view why) {
  return Error(EINVAL, "NQN", fmt::format("'{}' is no NVMe qualified name: {}", text, why));
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

/// The number of bytes of the UTF-8 sequence that begins with `first`; 0 where none does. C0, C1 and F5 up begin only
/// forms that are too long or numbers that are too large.
std::size_t sequence_bytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/// The second byte rules out what the first leaves possible: E0 and F0 too long a form, ED surrogates, F4 too large.
bool second_byte_fits(unsigned char first, unsigned char second) {
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second <= 0x9f;
  if (first == 0xf0) return second >= 0x90;
  if (first == 0xf4) return second <= 0x8f;
  return true;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = sequence_bytes(first);
    if (length == 0 || length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if ((byte & 0xc0) != 0x80) return false;
      if (i == 1 && !second_byte_fits(first, byte)) return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7f;
}

/// "nqn.", four digits, "-", two digits that are a month, ".".
bool begins_with_date(std::string_view text) {
  if (text.size() < date_form.size()) return false;
  for (std::size_t i = 0; i < date_form.size(); ++i) {
    const bool digit_wanted = date_form[i] == 'y' || date_form[i] == 'm';
    if (digit_wanted ? !is_digit(text[i]) : text[i] != date_form[i]) return false;
  }
  const std::string_view month = text.substr(date_form.find('m'), 2);
  return month >= "01" && month <= "12";
}

bool is_label(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char character) {
    const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    return letter || is_digit(character) || character == '-';
  });
}

/// One or more labels with dots between them.
bool is_domain(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_uuid(std::string_view text) {
  uuid_t uuid;
  return uuid_parse(std::string(text).c_str(), uuid) == 0;
}

}  // namespace

std::string nqn_of(const Uuid& uuid) {
  std::array<char, UUID_STR_LEN> text{};
  uuid_unparse_lower(uuid.data(), text.data());
  return std::string(uuid_prefix) + text.data();
}

Status check_nqn_field(std::string_view text) {
  if (text.empty()) return invalid_nqn_error(text, "it is empty");
  if (text.size() > nqn_max_bytes) {
    return invalid_nqn_error(text, fmt::format("it has {} bytes, and {} are the most", text.size(), nqn_max_bytes));
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return invalid_nqn_error(text, "there is a control character in it");
  }
  if (!is_utf8(text)) return invalid_nqn_error(text, "it is not UTF-8");
  return {};
}

Status check_nqn(std::string_view text) {
  const Status possible = check_nqn_field(text);
  if (!possible) return possible;
  if (text == discovery_nqn) return {};
  if (text.starts_with(uuid_prefix)) {
    if (is_uuid(text.substr(uuid_prefix.size()))) return {};
    return invalid_nqn_error(text, "a UUID has to follow ':uuid:'");
  }
  if (!begins_with_date(text)) {
    return invalid_nqn_error(text,
                             "it begins with 'nqn.', a year and month and a dot, as in nqn.2026-01.org.example:disk");
  }
  const std::string_view name = text.substr(date_form.size());
  const std::size_t colon = name.find(':');
  if (!is_domain(name.substr(0, colon))) {
    return invalid_nqn_error(text, "a domain in reverse order follows the date, as in nqn.2026-01.org.example:disk");
  }
  if (colon == std::string_view::npos || colon + 1 == name.size()) {
    return invalid_nqn_error(text, "a colon and a name follow the domain, as in nqn.2026-01.org.example:disk");
  }
  return {};
}

}  // namespace zonecopy::nvme::fabrics
