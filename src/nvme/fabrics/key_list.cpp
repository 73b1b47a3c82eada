#include "src/nvme/fabrics/key_list.h"

#include <fmt/format.h>

#include "src/nvme/fabrics/nqn.h"

namespace zonecopy::nvme::fabrics {
namespace {

constexpr std::string_view blanks = " \t\r";

Error line_error(std::size_t number, std::string_view why) {
  return Error(EINVAL, "read keys", fmt::format("line {}: {}", number, why));
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

/// `line` has something else than blanks in it. A name may have blanks in it, a key has none.
Status take_line(std::string_view line, std::size_t number, KeyList& list) {
  const std::size_t blank = line.find_last_of(blanks);
  const bool alone = blank == std::string_view::npos;
  Result<Key> key = parse_key(alone ? line : line.substr(blank + 1));
  if (!key) return line_error(number, key.error().detail());
  if (alone) {
    if (list.for_others) return line_error(number, "a second key stands without a name");
    list.for_others = std::move(*key);
    return {};
  }
  const std::string_view nqn = without_blanks(line.substr(0, blank));
  const Status possible = check_nqn_field(nqn);
  if (!possible) return line_error(number, possible.error().detail());
  const bool is_new = list.by_nqn.emplace(nqn, std::move(*key)).second;
  return is_new ? Status() : line_error(number, fmt::format("'{}' has a key already", nqn));
}

}  // namespace

const Key* KeyList::own_key_of(std::string_view nqn) const {
  const auto found = by_nqn.find(nqn);
  return found == by_nqn.end() ? nullptr : &found->second;
}

const Key* KeyList::key_of(std::string_view nqn) const {
  const Key* const own = own_key_of(nqn);
  if (own != nullptr) return own;
  return for_others ? &*for_others : nullptr;
}

Result<KeyList> parse_key_list(std::string_view text) {
  KeyList list;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = without_blanks(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const Status taken = take_line(line, number, list);
    if (!taken) return taken.error();
  }
  if (list.by_nqn.empty() && !list.for_others) return Error(EINVAL, "read keys", "there is no key in it");
  return list;
}

}  // namespace zonecopy::nvme::fabrics
