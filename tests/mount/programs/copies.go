// What Go programs do to a file: copies is given a way, a source and a destination.
//
// It prints how many bytes were taken, and ends with status 1 and the error where one was returned.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func copyFile(way, source, destination string) (int64, error) {
	in, err := os.Open(source)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if way == "append" {
		flags = os.O_WRONLY | os.O_APPEND
	}
	out, err := os.OpenFile(destination, flags, 0o644)
	if err != nil {
		return 0, err
	}
	copied, err := fill(way, out, in)
	// As careful programs do: what Close says counts.
	if closed := out.Close(); err == nil {
		err = closed
	}
	return copied, err
}

func fill(way string, out *os.File, in *os.File) (int64, error) {
	switch way {
	case "copy", "append": // by copy_file_range, where the kernel has it
		return io.Copy(out, in)
	case "buffer": // the files' own ways are hidden, so that Go reads and writes
		return io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 5000))
	case "bufio":
		writer := bufio.NewWriterSize(out, 3000)
		copied, err := io.Copy(writer, struct{ io.Reader }{in})
		if err == nil {
			err = writer.Flush()
		}
		return copied, err
	case "sync": // sized beforehand and synchronised at the end, as downloads are
		stat, err := in.Stat()
		if err != nil {
			return 0, err
		}
		if err := out.Truncate(stat.Size()); err != nil {
			return 0, err
		}
		copied, err := io.Copy(out, in)
		if err == nil {
			err = out.Truncate(copied)
		}
		if err == nil {
			err = out.Sync()
		}
		return copied, err
	}
	return 0, fmt.Errorf("no such way: %s", way)
}

func writeFile(source, destination string) (int64, error) {
	data, err := os.ReadFile(source)
	if err != nil {
		return 0, err
	}
	return int64(len(data)), os.WriteFile(destination, data, 0o644)
}

func main() {
	way, source, destination := os.Args[1], os.Args[2], os.Args[3]
	var copied int64
	var err error
	if way == "file" {
		copied, err = writeFile(source, destination)
	} else {
		copied, err = copyFile(way, source, destination)
	}
	fmt.Println(copied)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
