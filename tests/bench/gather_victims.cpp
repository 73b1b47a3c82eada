#include "tests/bench/gather_victims.h"

#include <random>

namespace bench {

Victims::Victims(const VictimOptions& options) : options_(options) {
  for (unsigned zone = 0; zone < options.victims; ++zone) {
    files_.push_back(std::make_unique<File>(path(zone), O_RDWR | O_DIRECT));
    struct stat status {};
    if (::fstat(files_.back()->fd(), &status) != 0) fail_errno("stat", files_.back()->path());
    inodes_.push_back(status.st_ino);
  }
  fill();
  plan();
}

void Victims::empty_destinations() const {
  for (const Load& load : loads_) {
    load.destination->reset();
    load.destination->sync();
  }
}

void Victims::check_destinations() const {
  const Memory got(options_.record_bytes);
  const Memory expected(options_.record_bytes);
  for (const Load& load : loads_) {
    std::uint64_t at = 0;
    for (const LiveRange& range : load.ranges) {
      for (std::uint64_t done = 0; done < range.length_bytes;
           done += options_.record_bytes, at += options_.record_bytes) {
        const ssize_t count =
            ::pread(load.destination->fd(), got.data(), options_.record_bytes, static_cast<off_t>(at));
        expect_all(count, options_.record_bytes, "read", load.destination->path());
        make_record(range.victim, (range.offset_bytes + done) / options_.record_bytes, expected.data());
        if (std::memcmp(got.data(), expected.data(), options_.record_bytes) != 0) {
          fail("{}: at {} is not the record of zone {} at {}", load.destination->path(), at, range.victim,
               range.offset_bytes + done);
        }
      }
    }
  }
}

/// Each record differs from all others in every block.
void Victims::make_record(unsigned victim, std::uint64_t number, std::byte* data) const {
  for (std::uint64_t word = 0; word < options_.record_bytes / 8; ++word) {
    std::uint64_t value = (options_.seed << 48U) + (std::uint64_t{victim} << 40U) + number * 65536 + word;
    value = (value ^ (value >> 31U)) * 0x9e3779b97f4a7c15U;
    std::memcpy(data + word * 8, &value, 8);
  }
}

void Victims::fill() const {
  const Memory memory(mebibyte);
  const std::uint64_t records_a_write = mebibyte / options_.record_bytes;
  for (unsigned victim = 0; victim < options_.victims; ++victim) {
    files_[victim]->reset();
    for (std::uint64_t record = 0; record < options_.fill_bytes / options_.record_bytes; record += records_a_write) {
      for (std::uint64_t i = 0; i < records_a_write; ++i) {
        make_record(victim, record + i, memory.data() + i * options_.record_bytes);
      }
      const ssize_t count = ::pwrite(files_[victim]->fd(), memory.data(), records_a_write * options_.record_bytes,
                                     static_cast<off_t>(record * options_.record_bytes));
      expect_all(count, records_a_write * options_.record_bytes, "write", files_[victim]->path());
    }
    files_[victim]->sync();
  }
}

/// Which records are live, and where they go: destinations are filled one after the other.
void Victims::plan() {
  std::mt19937_64 random(options_.seed);
  for (unsigned victim = 0; victim < options_.victims; ++victim) {
    bool neighbour = false;
    for (std::uint64_t offset = 0; offset < options_.fill_bytes; offset += options_.record_bytes) {
      const bool live = random() % 100 < options_.live_percent;
      if (live) add(victim, offset, neighbour);
      neighbour = live;
    }
  }
}

void Victims::add(unsigned victim, std::uint64_t offset_bytes, bool neighbour) {
  if (loads_.empty() || loads_.back().bytes + options_.record_bytes > options_.fill_bytes) {
    const auto zone = static_cast<unsigned>(options_.victims + loads_.size());
    loads_.emplace_back().destination = std::make_unique<File>(path(zone), O_RDWR | O_DIRECT);
    neighbour = false;
  }
  Load& load = loads_.back();
  if (!neighbour) {
    load.ranges.push_back({victim, offset_bytes, 0});
    ++ranges_;
  }
  load.ranges.back().length_bytes += options_.record_bytes;
  load.bytes += options_.record_bytes;
  live_bytes_ += options_.record_bytes;
}

}  // namespace bench
