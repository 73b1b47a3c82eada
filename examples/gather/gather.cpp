// The same as gather.c, in C++.
#include <zonecopy/gather.h>

#include <cstdlib>
#include <iostream>

using namespace zonecopy;

namespace {

int failed(const Error& error) {
  std::cerr << "gather_cpp: " << error.text() << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || (argc - 2) % 3 != 0) {
    std::cerr << "usage: gather_cpp DESTINATION SOURCE OFFSET LENGTH [SOURCE OFFSET LENGTH]...\n";
    return 2;
  }
  auto gatherer = Gatherer::create();
  if (!gatherer) return failed(gatherer.error());
  auto destination = (*gatherer)->open_file(argv[1], Gatherer::Access::write);
  if (!destination) return failed(destination.error());
  std::vector<GatherRange> ranges;
  for (char** words = argv + 2; words < argv + argc; words += 3) {
    auto source = (*gatherer)->open_file(words[0], Gatherer::Access::read);
    if (!source) return failed(source.error());
    ranges.push_back(GatherRange{*source, std::strtoull(words[1], nullptr, 0), std::strtoull(words[2], nullptr, 0)});
  }

  const GatherDestination destinations[] = {{*destination, {}}};
  auto reports = (*gatherer)->gather(ranges, destinations, GatherOptions());
  if (!reports) return failed(reports.error());
  const GatherReport& report = reports->front();
  if (report.error) return failed(*report.error);
  if (const Status synced = (*destination)->sync(); !synced) return failed(synced.error());
  std::cout << report.bytes << " bytes at " << report.offset_bytes << ", of which " << report.bytes_offloaded
            << " offloaded\n";
  return 0;
}
