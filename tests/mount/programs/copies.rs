// What Rust programs do to a file: copies is given a way, a source and a destination.
//
// It prints how many bytes were taken, and ends with status 1 and the error where one was returned; a panic is status 101.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};

fn carry_out(way: &str, source: &str, destination: &str) -> io::Result<u64> {
    match way {
        "fs::copy" => fs::copy(source, destination),
        "io::copy" => io::copy(&mut File::open(source)?, &mut File::create(destination)?),
        "append" => {
            let mut out = OpenOptions::new().append(true).open(destination)?;
            io::copy(&mut File::open(source)?, &mut out)
        }
        "buffered" => {
            let mut reader = BufReader::with_capacity(5000, File::open(source)?);
            let mut writer = BufWriter::with_capacity(3000, File::create(destination)?);
            let copied = io::copy(&mut reader, &mut writer)?;
            writer.flush()?;
            Ok(copied)
        }
        "write" => {
            let data = fs::read(source)?;
            fs::write(destination, &data)?;
            Ok(data.len() as u64)
        }
        "sync" => {
            // Sized beforehand and synchronised at the end, as downloads are.
            let mut data = Vec::new();
            File::open(source)?.read_to_end(&mut data)?;
            let mut out = File::create(destination)?;
            out.set_len(data.len() as u64)?;
            out.write_all(&data)?;
            out.set_len(data.len() as u64)?;
            out.sync_all()?;
            Ok(data.len() as u64)
        }
        _ => Err(io::Error::new(io::ErrorKind::Other, "no such way")),
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    match carry_out(&words[1], &words[2], &words[3]) {
        Ok(copied) => println!("{}", copied),
        Err(error) => {
            eprintln!("{}", error);
            std::process::exit(1);
        }
    }
}
