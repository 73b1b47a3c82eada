#include "tests/parity/duel/step_maker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace parity {
namespace {

using zonecopy::test::Random;

struct Weight {
  Call call;
  std::uint32_t weight;
};
constexpr Weight weights[] = {
    {Call::open, 130},      {Call::close, 80},     {Call::write, 40},       {Call::pwrite, 110},
    {Call::pwritev, 60},    {Call::aio_write, 30}, {Call::uring_write, 15}, {Call::read, 15},
    {Call::pread, 40},      {Call::preadv, 25},    {Call::aio_read, 8},     {Call::uring_read, 5},
    {Call::truncate, 35},   {Call::ftruncate, 40}, {Call::seek, 30},        {Call::sync, 25},
    {Call::set_flags, 20},  {Call::map, 35},       {Call::copy, 20},        {Call::sendfile, 10},
    {Call::chmod, 25},      {Call::chown, 12},     {Call::set_times, 20},   {Call::statfs, 10},
    {Call::name, 60},       {Call::list, 10},      {Call::access, 25},      {Call::attribute, 12},
    {Call::control, 15},    {Call::lock, 8},       {Call::advise, 8},       {Call::remount, 8},
    {Call::mount_again, 2}, {Call::bad_zone, 1},   {Call::drop_caches, 1},
};

std::uint64_t mixed(std::uint64_t seed, std::uint64_t number) {
  return Random(seed * 0x9e3779b97f4a7c15U ^ number * 0xc2b2ae3d27d4eb4fU).next();
}

}  // namespace

StepMaker::StepMaker(std::uint64_t seed, std::uint64_t number, const Scene& scene)
    : random_(mixed(seed, number)), seed_(seed), scene_(scene) {}

Step StepMaker::make() {
  Step step;
  step.call = choose_call();
  fill(step);
  if (step.slot < 0 && step.call <= Call::access && random_.percent(6)) step.as_other_user = true;
  return step;
}

Call StepMaker::choose_call() {
  // Where nothing can be written for good, most steps would be refused alike.
  if (scene_.is_read_only && random_.percent(8)) return Call::remount;
  // Each seed has its own taste, so that rare combinations come up.
  std::array<std::uint32_t, call_kinds> chances{};
  std::uint32_t sum = 0;
  for (const Weight& entry : weights) {
    Random taste(seed_ * call_kinds + static_cast<std::uint64_t>(entry.call));
    const std::uint32_t chance = entry.weight * static_cast<std::uint32_t>(taste.between(2, 6));
    chances.at(static_cast<std::size_t>(entry.call)) = chance;
    sum += chance;
  }
  std::uint64_t chosen = random_.below(sum);
  for (std::size_t call = 0; call < call_kinds; ++call) {
    if (chosen < chances.at(call)) return static_cast<Call>(call);
    chosen -= chances.at(call);
  }
  return Call::statfs;
}

void StepMaker::fill(Step& step) {
  if (is_write(step.call) || is_read(step.call)) return transfer(step);
  switch (step.call) {
    case Call::open: return open(step);
    case Call::close: return close(step);
    case Call::truncate:
    case Call::ftruncate: return truncate(step);
    case Call::seek: return seek(step);
    case Call::sync: return sync(step);
    case Call::set_flags: return set_flags(step);
    case Call::map: return map(step);
    case Call::copy:
    case Call::sendfile: return copy(step);
    case Call::chmod:
    case Call::chown:
    case Call::set_times: return attributes(step);
    case Call::name: return name(step);
    case Call::statfs: return use_slot_or_path(step);
    case Call::list: step.path = one_of({"", "cnv", "seq", "seq/0"}); return;
    case Call::access:
      step.path = some_path();
      step.flags = static_cast<int>(random_.below(8));
      return;
    case Call::attribute: return extended_attribute(step);
    case Call::control: return control(step);
    case Call::lock:
      if (use_slot(step, false)) step.flags = static_cast<int>(random_.below(6));
      return;
    case Call::advise: use_slot(step, false); return;
    case Call::remount:
    case Call::mount_again: return remount(step);
    case Call::bad_zone: return bad_zone(step);
    default: return;
  }
}

void StepMaker::open(Step& step) {
  step.call = Call::open;
  step.path = some_path();
  // Seldom into one that is taken: that closes it, which is another step's work.
  step.slot = static_cast<int>(random_.below(scene_.slots.size()));
  for (std::size_t tries = 0; tries < scene_.slots.size() && scene_.slots[static_cast<std::size_t>(step.slot)].open;
       ++tries) {
    step.slot = (step.slot + 1) % static_cast<int>(scene_.slots.size());
  }
  step.flags = one_of({O_RDONLY, O_WRONLY, O_WRONLY, O_RDWR, O_RDWR});
  if (random_.percent(65)) step.flags |= O_DIRECT;
  if (random_.percent(15)) step.flags |= O_APPEND;
  if (random_.percent(10)) step.flags |= O_TRUNC;
  if (random_.percent(10)) step.flags |= one_of({O_SYNC, O_DSYNC});
  if (random_.percent(15)) step.flags |= O_CREAT;
  if (random_.percent(5)) step.flags |= O_EXCL;
  if (random_.percent(5))
    step.flags |= one_of({O_NONBLOCK, O_NOFOLLOW, O_NOATIME, O_DIRECTORY, O_TMPFILE, O_PATH, O_ACCMODE});
  if (random_.percent(6)) step.as_other_user = true;
}

void StepMaker::close(Step& step) {
  if (!use_slot(step, random_.percent(50))) return;
}

bool StepMaker::use_slot(Step& step, bool writable) {
  const std::size_t count = scene_.slots.size();
  const std::size_t start = random_.below(count);
  for (const bool choosy : {true, false}) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t number = (start + i) % count;
      const Slot& slot = scene_.slots[number];
      if (!slot.open || (choosy && writable && (!slot.writable() || !slot.file))) continue;
      step.slot = static_cast<int>(number);
      step.path = slot.path;
      return true;
    }
  }
  step = Step();
  open(step);
  return false;
}

void StepMaker::use_path(Step& step) { step.path = some_path(); }

void StepMaker::use_slot_or_path(Step& step) {
  if (random_.percent(50)) {
    use_path(step);
  } else {
    use_slot(step, false);
  }
}

std::string StepMaker::some_path() {
  if (random_.percent(88) && !scene_.files.empty()) {
    // A few files get most of the work, or nothing would become of any of them.
    const std::uint64_t limit =
        random_.percent(60) ? std::min<std::uint64_t>(scene_.files.size(), 6) : scene_.files.size();
    return scene_.files[random_.below(limit)].path;
  }
  return one_of<std::string>({"", "cnv", "seq", "seq/99", "seq/00", "seq/0/", "seq/0/x", "new", "cnv/new", "seq/-1",
                              "seq/.", "seq/..", "seq/1234567890123456", "seq/12345678901234567", "12345678901234567",
                              "seq/" + std::string(255, '1'), "seq/" + std::string(256, '1'),
                              "cnv/18446744073709551616"});
}

void StepMaker::attributes(Step& step) {
  const Call call = step.call;
  use_slot_or_path(step);
  if (step.call != call) return;
  step.flags = one_of({0640, 0600, 0644, 0666, 0400, 0, 0777, 04755, 07777, 0555});
  step.user = one_of<std::uint32_t>({0, 1000, static_cast<std::uint32_t>(-1)});
  step.group = one_of<std::uint32_t>({0, 1000, static_cast<std::uint32_t>(-1)});
  const auto time = [this](std::int64_t& seconds, std::int64_t& nanoseconds) {
    // In the past, so that they cannot be taken for the present; see times_differ.
    seconds = one_of<std::int64_t>({0, 1, -1, -5'000'000'000, static_cast<std::int64_t>(random_.below(1'000'000'000))});
    nanoseconds = one_of<std::int64_t>({0, 999'999'999, UTIME_OMIT, UTIME_NOW, 1'000'000'000,
                                        static_cast<std::int64_t>(random_.below(1'000'000'000))});
  };
  time(step.seconds, step.nanoseconds);
  time(step.other_seconds, step.other_nanoseconds);
}

void StepMaker::name(Step& step) {
  step.variant = one_of({Variant::mkdir, Variant::rmdir, Variant::unlink, Variant::rename, Variant::link,
                         Variant::symlink, Variant::mknod, Variant::readlink});
  step.path = some_path();
  step.other_path = random_.percent(10) ? step.path : some_path();
  if (step.variant == Variant::rename) step.flags = one_of({0, 0, 0, 1, 2});
}

void StepMaker::extended_attribute(Step& step) {
  step.variant = one_of({Variant::get, Variant::set, Variant::list, Variant::remove});
  use_slot_or_path(step);
}

void StepMaker::control(Step& step) {
  step.variant = one_of({Variant::get_flags, Variant::clone, Variant::fallocate, Variant::extents});
  if (!use_slot(step, true)) return;
  step.length = blocks(random_.below(4));
  step.flags = one_of({0, 1, 3, 16});
}

std::string StepMaker::mount_options(bool again) {
  std::string text = one_of<std::string>(
      {"", ",errors=remount-ro", ",errors=zone-ro", ",errors=zone-offline", ",errors=repair", ",errors=repair"});
  if (random_.percent(50)) text += ",explicit-open";
  if (random_.percent(again ? 5 : 15)) return "ro" + text;
  return "rw" + text;
}

void StepMaker::remount(Step& step) {
  step.options = mount_options(step.call == Call::mount_again);
  if (step.call == Call::remount && random_.percent(5))
    step.options += one_of<std::string>({",errors=continue", ",foo"});
}

void StepMaker::bad_zone(Step& step) {
  step.variant = one_of({Variant::read_only, Variant::offline});
  std::vector<std::size_t> sequential;
  for (std::size_t number = 0; number < scene_.files.size(); ++number) {
    if (scene_.files[number].sequential) sequential.push_back(number);
  }
  if (!scene_.can_fault || scene_.bad_zones >= 2 || sequential.empty()) {
    step = Step();
    return;
  }
  const ZoneFile& file = scene_.files[sequential[random_.below(sequential.size())]];
  step.path = file.path;
  step.fault_sector = file.inode * scene_.zone_bytes / 512;
}

}  // namespace parity
