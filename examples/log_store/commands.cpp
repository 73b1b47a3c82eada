#include "examples/log_store/commands.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

namespace log_store {

using zonecopy::Status;

namespace {

Answer failed(const zonecopy::Error& error) { return {Answer::Status::failed, error.text()}; }

Answer done_or_failed(const Status& status) {
  return status ? Answer{Answer::Status::done, "ok"} : failed(status.error());
}

Answer wrong(std::string text) { return {Answer::Status::wrong_command, std::move(text)}; }

Answer get(Store& store, const std::string& key) {
  auto value = store.get(key);
  if (!value) return failed(value.error());
  if (!*value) return {Answer::Status::no_such_key, "no such key"};
  return {Answer::Status::done, std::move(**value)};
}

Answer list(Store& store) {
  std::string text;
  for (const std::string& key : store.keys()) text += (text.empty() ? "" : "\n") + key;
  return {Answer::Status::done, text};
}

Answer status(Store& store) {
  const Statistics now = store.statistics();
  return {Answer::Status::done, fmt::format("{} keys, {} of {} zones free, {} bytes written, {} of them live", now.keys,
                                            now.zones_free, now.zones, now.written_bytes, now.live_bytes)};
}

Answer collect(Collector& collector) {
  const auto collected = collector.collect();
  if (!collected) return failed(collected.error());
  return {Answer::Status::done, *collected ? "ok" : "no garbage"};
}

std::optional<std::uint64_t> parse_number(const std::string& word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size() || number == 0) return std::nullopt;
  return number;
}

/// Puts of random keys, the same ones each time.
Answer load(Store& store, Collector& collector, std::span<const std::string> words) {
  const auto count = parse_number(words[0]);
  const auto value_bytes = parse_number(words[1]);
  const auto keys = words.size() > 2 ? parse_number(words[2]) : count;
  if (!count || !value_bytes || !keys) return wrong("load COUNT BYTES [KEYS]: each is a number, at least 1");
  std::mt19937_64 random(1);
  const std::string value(*value_bytes, 'x');
  for (std::uint64_t i = 0; i < *count; ++i) {
    const std::string key = fmt::format("key{}", random() % *keys);
    const Status put = collector.collect_for([&] { return store.put(key, value); });
    if (!put) return failed(put.error());
  }
  return status(store);
}

}  // namespace

Answer execute(Store& store, Collector& collector, std::span<const std::string> words) {
  const std::string command = words.empty() ? "" : words[0];
  const auto arguments = words.subspan(words.empty() ? 0 : 1);
  if (command == "put" && arguments.size() == 2) {
    return done_or_failed(collector.collect_for([&] { return store.put(arguments[0], arguments[1]); }));
  }
  if (command == "get" && arguments.size() == 1) return get(store, arguments[0]);
  if (command == "delete" && arguments.size() == 1) {
    return done_or_failed(collector.collect_for([&] { return store.remove(arguments[0]); }));
  }
  if (command == "list" && arguments.empty()) return list(store);
  if (command == "status" && arguments.empty()) return status(store);
  if (command == "gc" && arguments.empty()) return collect(collector);
  if (command == "load" && (arguments.size() == 2 || arguments.size() == 3)) return load(store, collector, arguments);
  return wrong(
      "a command is one of: put KEY VALUE, get KEY, delete KEY, list, status, gc, load COUNT BYTES [KEYS], serve");
}

}  // namespace log_store
