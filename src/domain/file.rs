//! Reading data files, plain or gzip.
//!
//! Invariant: hashes are of the bytes on disk, before decompression. Decompression is bounded.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, read_input, sha256_of_bytes, too_large, unreadable};

/// First bytes of every gzip member, RFC 1952.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Maximum ratio of unpacked to packed size. Real data unpacks to a few times its size; more is a decompression bomb.
const MAX_UNPACKED_RATIO: u64 = 200;
/// Size of a read of packed data, in bytes.
const PACKED_CHUNK_BYTES: usize = 1 << 16;
/// Unpacked size, in bytes, up to which any ratio is accepted.
const MIN_UNPACKED_LIMIT: u64 = 256 << 20;

/// Whether a file that starts with these bytes is gzip.
pub(super) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&GZIP)
}

/// The contents of a file, decompressed if it is gzip.
pub(super) struct Contents {
    pub bytes: Vec<u8>,
    /// SHA-256 of the file on disk, lower-case hex.
    pub sha256: String,
}

/// Reads a file, and decompresses it if its first bytes are those of gzip. `damaged` is the code for damaged gzip data.
pub(super) fn read(path: &Path, damaged: Code) -> Outcome<Contents> {
    let raw = read_input(path, InputKind::Data)?;
    let sha256 = sha256_of_bytes(&raw);
    let bytes = if is_gzip(&raw) {
        let mut unpacked = Vec::new();
        Unpacked::new(raw.as_slice(), raw.len() as u64, InputKind::Data)
            .read_to_end(&mut unpacked)
            .map_err(|error| unpacking(path, damaged, &error))?;
        unpacked
    } else {
        raw
    };
    Ok(Contents { bytes, sha256 })
}

/// The diagnostic for gzip data that cannot be unpacked, or a file that cannot be read.
pub(super) fn unpacking(path: &Path, damaged: Code, error: &io::Error) -> Box<Diagnostic> {
    let shown = path.display();
    let what = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Refusal::Damaged(ErrorKind::UnexpectedEof, _)) => "cut off".to_owned(),
        Some(Refusal::Damaged(_, why)) => format!("damaged: {why}"),
        Some(Refusal::TooLarge(kind, size)) => return too_large(path, *kind, *size),
        Some(Refusal::Ratio) => {
            let message =
                format!("`{shown}` unpacks to more than {MAX_UNPACKED_RATIO} times its size");
            return Diagnostic::error(Code::FileTooLarge, message).into();
        }
        None => return unreadable(path, error),
    };
    Diagnostic::error(damaged, format!("the gzip data of `{shown}` is {what}")).into()
}

/// Why unpacking stopped; the source of an [`io::Error`].
#[derive(Debug)]
enum Refusal {
    Damaged(ErrorKind, String),
    TooLarge(InputKind, u64),
    Ratio,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Refusal::Damaged(_, why) => write!(f, "the gzip data is damaged: {why}"),
            Refusal::TooLarge(..) | Refusal::Ratio => {
                write!(f, "the gzip data unpacks to too much")
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// Unpacks gzip data of bounded size. [`unpacking`] turns its errors into diagnostics.
///
/// A file may have several members, as bgzip writes them, and padding of zeros after the last one.
pub(super) struct Unpacked<R> {
    /// Decoder of the current member; None at the end.
    member: Option<GzDecoder<BufReader<R>>>,
    is_first: bool,
    kind: InputKind,
    limit: u64,
    unpacked: u64,
}

impl<R: Read> Unpacked<R> {
    /// `size` is the size of the packed data, in bytes.
    pub fn new(packed: R, size: u64, kind: InputKind) -> Unpacked<R> {
        let by_ratio = size
            .saturating_mul(MAX_UNPACKED_RATIO)
            .max(MIN_UNPACKED_LIMIT);
        Unpacked {
            member: Some(GzDecoder::new(BufReader::with_capacity(
                PACKED_CHUNK_BYTES,
                packed,
            ))),
            is_first: true,
            kind,
            limit: by_ratio.min(kind.max_bytes()),
            unpacked: 0,
        }
    }

    /// Reads from the current member and, at its end, from the next.
    fn read_members(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let is_at_start = member.header().is_none();
            let read = member.read(bytes).map_err(|error| {
                let is_no_member = !self.is_first && is_at_start && member.header().is_none();
                let why = match is_no_member && error.kind() == ErrorKind::InvalidInput {
                    true => "something other than gzip follows it".to_owned(),
                    false => error.to_string(),
                };
                io::Error::other(Refusal::Damaged(error.kind(), why))
            })?;
            if read > 0 || bytes.is_empty() {
                return Ok(read);
            }
            self.is_first = false;
            let ended = self.member.take();
            self.member = match ended.map(GzDecoder::into_inner) {
                Some(mut rest) => pass_zeros(&mut rest)?.then(|| GzDecoder::new(rest)),
                None => None,
            };
        }
        Ok(0)
    }
}

/// Skips zero bytes; returns whether others follow.
fn pass_zeros(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let here = input.fill_buf()?;
        let zeros = here.iter().take_while(|byte| **byte == 0).count();
        if zeros < here.len() || here.is_empty() {
            let follows = !here.is_empty();
            input.consume(zeros);
            return Ok(follows);
        }
        input.consume(zeros);
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.read_members(bytes)?;
        self.unpacked += read as u64;
        if self.unpacked > self.limit {
            return Err(io::Error::other(
                match self.limit == self.kind.max_bytes() {
                    true => Refusal::TooLarge(self.kind, self.unpacked),
                    false => Refusal::Ratio,
                },
            ));
        }
        Ok(read)
    }
}

/// A reader that hashes everything read through it.
pub(super) struct Hashing<R> {
    input: R,
    hasher: Sha256,
}

impl<R: Read> Hashing<R> {
    pub fn new(input: R) -> Hashing<R> {
        let hasher = Sha256::new();
        Hashing { input, hasher }
    }

    /// Reads the rest and returns the hash of everything, as lower-case hex.
    pub fn finish(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        let digest = self.hasher.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(bytes)?;
        self.hasher.update(&bytes[..read]);
        Ok(read)
    }
}
