// How long puts of examples/log_store take while its garbage is collected: one thread puts, another collects. Prints one JSON object.
//
//   gather_store_load DIRECTORY --zones FIRST-LAST --gc gather|copy_file_range|read-write|none --puts N --daemon PID [--value 8000]
//
// The zones are empty. First keys are put that fill two fifths of them, and are put anew, in random order, until few zones are free;
// then N puts of random ones of these are measured, each durable before the next. A put waits where no zone is free, and the wait counts. `none` has the same puts, as many as fit without.
#include <CLI/CLI.hpp>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>

#include "examples/log_store/collector.h"
#include "examples/log_store/store.h"
#include "tests/bench/measure.h"

namespace bench {
namespace {

using log_store::Collector;
using log_store::Store;
using zonecopy::Status;

struct Options {
  log_store::StoreOptions store;
  std::optional<log_store::Way> way;
  std::uint64_t puts = 6000;
  std::size_t value_bytes = 8000;
  int daemon = 0;
};

/// Empties zones on a thread of its own, whenever few are free.
class Background {
 public:
  // As few as puts can do with: who collects more than is needed copies more, and the fastest way would disturb most.
  static constexpr std::size_t free_zones_wanted = 3;

  Background(Store& store, log_store::Way way) : store_(store), thread_([this, way] { run(way); }) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { stop(); }

  /// Somebody has put; and waits for a free zone, if `without_room`.
  void wake(bool without_room) {
    std::unique_lock lock(mutex_);
    const std::uint64_t before = collected_;
    asked_ = true;
    changed_.notify_all();
    if (without_room) changed_.wait(lock, [&] { return collected_ != before; });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::uint64_t collected() const { return collected_; }

 private:
  void run(log_store::Way way) {
    const auto collector = Collector::create(store_, way);
    if (!collector) fail("{}", collector.error().text());
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return asked_ || stopped_; });
      if (stopped_) return;
      asked_ = false;
      lock.unlock();
      std::uint64_t emptied = 0;
      while (store_.free_zone_count() < free_zones_wanted) {
        const auto collected = (*collector)->collect();
        if (!collected) fail("{}", collected.error().text());
        if (!*collected) break;
        ++emptied;
        lock.lock();
        ++collected_;
        changed_.notify_all();
        lock.unlock();
      }
      lock.lock();
    }
  }

  Store& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
  bool stopped_ = false;
  std::uint64_t collected_ = 0;
  std::thread thread_;  // the last: it uses all others
};

void put(Store& store, Background* background, const std::string& key, const std::string& value) {
  while (true) {
    const Status status = store.put(key, value);
    const bool full = !status && status.error().code() == ENOSPC;
    if (!status && !full) fail("{}", status.error().text());
    if (full && background == nullptr) fail("no zone is free, and nobody collects");
    if (background != nullptr) background->wake(full);
    if (!full) return;
  }
}

struct Filled {
  std::uint64_t fitting;  ///< records that all zones take
  std::uint64_t keys;
};

template <typename Key>
Filled fill(const Options& options, const Key& key, const std::string& value) {
  log_store::StoreOptions quick = options.store;
  quick.durable = false;
  const auto store = Store::open(quick);
  if (!store) fail("{}", store.error().text());
  const std::uint64_t fitting = (*store)->capacity_bytes() / log_store::record_bytes(key(0).size(), value.size(), 4096);
  const std::uint64_t keys = fitting * 2 / 5;
  for (std::uint64_t number = 0; number < keys; ++number) put(**store, nullptr, key(number), value);
  std::mt19937_64 random(2);
  while (options.way && (*store)->free_zone_count() > Background::free_zones_wanted) {
    put(**store, nullptr, key(random() % keys), value);
  }
  return {fitting, keys};
}

void load(const Options& options) {
  const std::string value(options.value_bytes, 'v');
  const auto key = [](std::uint64_t number) { return fmt::format("key{:013}", number); };
  const auto [fitting, keys] = fill(options, key, value);
  // What is free now, but for the zones that puts leave to others.
  const std::uint64_t puts = options.way ? options.puts : std::min(options.puts, fitting * 3 / 10);
  const auto store = Store::open(options.store);
  if (!store) fail("{}", store.error().text());

  std::optional<Background> background;
  if (options.way) background.emplace(**store, *options.way);
  std::mt19937_64 random(1);
  std::vector<double> latencies;
  const double daemon_before = cpu_seconds(options.daemon);
  const double caller_before = cpu_seconds(::getpid());
  const double begin = seconds_now();
  for (std::uint64_t i = 0; i < puts; ++i) {
    const std::string chosen = key(random() % keys);
    const double before = seconds_now();
    put(**store, background ? &*background : nullptr, chosen, value);
    latencies.push_back(seconds_now() - before);
  }
  const double seconds = seconds_now() - begin;
  const double daemon_cpu = cpu_seconds(options.daemon) - daemon_before;
  const double caller_cpu = cpu_seconds(::getpid()) - caller_before;
  if (background) background->stop();
  std::sort(latencies.begin(), latencies.end());
  const auto microseconds = [&](double part) {
    return latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))] * 1e6;
  };
  fmt::print(R"({{"value_bytes": {}, "keys": {}, "puts": {}, "seconds": {:.6f}, "p50_us": {:.1f}, "p99_us": {:.1f}, )"
             R"("max_us": {:.1f}, "collected": {}, "daemon_cpu_seconds": {:.6f}, "caller_cpu_seconds": {:.6f}}})"
             "\n",
             value.size(), keys, puts, seconds, microseconds(0.5), microseconds(0.99), microseconds(1),
             background ? background->collected() : 0, daemon_cpu, caller_cpu);
}

Options parse(int argc, char** argv) {
  Options options;
  std::string zones;
  std::string way;
  CLI::App app("How long puts of examples/log_store take while its garbage is collected.", "gather_store_load");
  app.add_option("DIRECTORY", options.store.directory, "of the zone files")->required();
  app.add_option("--zones", zones, "FIRST-LAST")->required();
  app.add_option("--gc", way, "gather, copy_file_range, read-write or none")->required();
  app.add_option("--puts", options.puts, "how many (default 6000)")->check(CLI::Range(1U, 100000000U));
  app.add_option("--value", options.value_bytes, "bytes of a value (default 8000)")->check(CLI::Range(1U, 1U << 20U));
  app.add_option("--daemon", options.daemon, "process id of the mount")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (std::sscanf(zones.c_str(), "%u-%u", &options.store.first_zone, &options.store.last_zone) != 2) {
    fail("--zones {}: not FIRST-LAST", zones);
  }
  options.way = log_store::parse_way(way);
  if (!options.way && way != "none") fail("--gc {}: no such way", way);
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char* argv[]) {
  bench::load(bench::parse(argc, argv));
  return 0;
}
