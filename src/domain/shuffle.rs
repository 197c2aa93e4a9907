//! Shuffles that keep the counts of all k-mers, drawn uniformly.
//!
//! A sequence is a walk over the graph whose vertices are its (k-1)-mers and whose edges are its k-mers, and a shuffle
//! with the same k-mers and the same ends is another walk over every edge. All walks are as likely when the last exits from the
//! vertices are a random tree towards the end, each as likely as its number of parallel edges says, and the other
//! exits are in random order: Kandel, Matias, Unger and Winkler, Discrete Applied Mathematics 71:171 (1996). The tree is
//! drawn by loop-erased walks: Wilson, STOC 1996, p. 296. Every distinct sequence is the same number of walks (parallel
//! edges change places), so sequences are as likely too.
//!
//! Invariant: the first and the last k - 1 bases stay, and what is drawn depends on the generator alone.

use rand_chacha::ChaCha8Rng;

use super::random::below_u32;

/// Maximum length of the k-mers whose counts a shuffle can keep.
pub const LONGEST_KMER: usize = 16;

/// Vertices are numbered through a table of all (k-1)-mers up to this many, by sorting beyond.
const LARGEST_TABLE: usize = 1 << 12;

const NONE: u32 = u32::MAX;

/// Shuffles `bases` (codes 0 to 3) in place, keeping the counts of its `k`-mers, uniformly over all sequences with
/// the same counts and the same first and last `k - 1` bases. `k` is 1 to [`LONGEST_KMER`].
pub fn shuffle(bases: &mut [u8], k: usize, generator: &mut ChaCha8Rng) {
    if k <= 1 {
        // From the front: Fisher and Yates.
        for i in 0..bases.len() {
            let j = i + below_u32(generator, (bases.len() - i) as u32) as usize;
            bases.swap(i, j);
        }
    } else if bases.len() > k {
        Walks::new(bases, k).draw(bases, generator);
    }
}

/// The graph of a sequence's k-mers.
struct Walks {
    k: usize,
    /// Exits of vertex `v` are `exits[from[v]..from[v + 1]]`, each the vertex that it leads to.
    from: Vec<u32>,
    exits: Vec<u32>,
    /// The last base of each vertex.
    base: Vec<u8>,
    first: u32,
    last: u32,
}

impl Walks {
    fn new(bases: &[u8], k: usize) -> Walks {
        let (visited, base) = vertices(bases, k - 1);
        let mut from = vec![0u32; base.len() + 1];
        for &vertex in &visited[..visited.len() - 1] {
            from[vertex as usize + 1] += 1;
        }
        for v in 0..base.len() {
            from[v + 1] += from[v];
        }
        let mut next = from.clone();
        let mut exits = vec![0; visited.len() - 1];
        for pair in visited.windows(2) {
            let place = &mut next[pair[0] as usize];
            exits[*place as usize] = pair[1];
            *place += 1;
        }
        Walks {
            k,
            from,
            exits,
            base,
            first: visited[0],
            last: visited[visited.len() - 1],
        }
    }

    /// Writes a random walk over what `bases` holds; the graph's exits are put into the order of the walk.
    fn draw(mut self, bases: &mut [u8], generator: &mut ChaCha8Rng) {
        self.order_exits(generator);
        let mut next: Vec<u32> = self.from.clone();
        let mut vertex = self.first;
        for base in &mut bases[self.k - 1..] {
            let exit = &mut next[vertex as usize];
            vertex = self.exits[*exit as usize];
            *exit += 1;
            *base = self.base[vertex as usize];
        }
    }

    /// Puts the exit of the tree last at every vertex, the others into random order.
    fn order_exits(&mut self, generator: &mut ChaCha8Rng) {
        let tree = self.random_tree(generator);
        for (v, &exit) in tree.iter().enumerate() {
            let exits = &mut self.exits[self.from[v] as usize..self.from[v + 1] as usize];
            let mut free = exits.len();
            if exit != NONE {
                free -= 1;
                exits.swap(exit as usize, free);
            }
            for i in 1..free {
                exits.swap(i, below_u32(generator, i as u32 + 1) as usize);
            }
        }
    }

    /// For every vertex the exit, counted from its first, that leads towards the end of the walk; none for the end itself.
    fn random_tree(&self, generator: &mut ChaCha8Rng) -> Vec<u32> {
        let n = self.base.len();
        let mut exit = vec![NONE; n];
        let mut in_tree = vec![false; n];
        in_tree[self.last as usize] = true;
        let leads_to = |v: usize, exit: u32| self.exits[(self.from[v] + exit) as usize] as usize;
        for start in 0..n {
            let mut v = start;
            // What a loop wrote is written over when the walk comes back.
            while !in_tree[v] {
                exit[v] = below_u32(generator, self.from[v + 1] - self.from[v]);
                v = leads_to(v, exit[v]);
            }
            v = start;
            while !in_tree[v] {
                in_tree[v] = true;
                v = leads_to(v, exit[v]);
            }
        }
        exit
    }
}

/// The vertices that a sequence visits, numbered in the order of their letters, and the last base of each vertex.
fn vertices(bases: &[u8], width: usize) -> (Vec<u32>, Vec<u8>) {
    let mask = (1u32 << (2 * width)).wrapping_sub(1);
    let mut word = 0u32;
    let mut words = Vec::with_capacity(bases.len());
    for (i, &base) in bases.iter().enumerate() {
        word = (word << 2 | u32::from(base)) & mask;
        if i + 1 >= width {
            words.push(word);
        }
    }
    let size = 1usize << (2 * width);
    let known: Vec<u32> = if size <= LARGEST_TABLE {
        let mut table = vec![NONE; size];
        for &word in &words {
            table[word as usize] = 0;
        }
        let known = (0..size as u32).filter(|&w| table[w as usize] == 0);
        let known: Vec<u32> = known.collect();
        for (number, &word) in known.iter().enumerate() {
            table[word as usize] = number as u32;
        }
        for word in &mut words {
            *word = table[*word as usize];
        }
        known
    } else {
        let mut known = words.clone();
        known.sort_unstable();
        known.dedup();
        for word in &mut words {
            *word = known.partition_point(|other| other < word) as u32;
        }
        known
    };
    let base = known.iter().map(|word| (word & 3) as u8).collect();
    (words, base)
}
