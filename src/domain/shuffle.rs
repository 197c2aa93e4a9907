//! Uniform shuffles that preserve k-mer counts.
//!
//! A sequence is an Eulerian path in the graph whose vertices are its (k-1)-mers and whose edges are its k-mers. A shuffle with the same
//! k-mers and the same ends is another Eulerian path. Paths are uniform if the last exits of all vertices form a random spanning tree
//! towards the end, with probability proportional to the number of parallel edges, and the other exits are in random order: Kandel,
//! Matias, Unger and Winkler, Discrete Applied Mathematics 71:171 (1996). The tree is drawn by loop-erased random walks: Wilson, STOC
//! 1996, p. 296. Every distinct sequence corresponds to the same number of paths (permutations of parallel edges), so sequences are
//! uniform too.
//!
//! Invariant: the first and last k - 1 bases stay the same.

use rand_chacha::ChaCha8Rng;

use super::random::below_u32;

/// Maximum length of the k-mers whose counts a shuffle can preserve.
pub const MAX_SHUFFLE_K: usize = 16;

/// Maximum size of a lookup table of all (k-1)-mers. For larger k, vertices are numbered by sorting.
const MAX_TABLE_ENTRIES: usize = 1 << 12;

const NONE: u32 = u32::MAX;

/// Shuffles `bases` (codes 0 to 3) in place, uniformly over all sequences with the same `k`-mer counts and the same first and last
/// `k - 1` bases. `k` is 1 to [`MAX_SHUFFLE_K`].
pub fn shuffle(bases: &mut [u8], k: usize, generator: &mut ChaCha8Rng) {
    if k <= 1 {
        // Fisher-Yates shuffle from the front.
        for i in 0..bases.len() {
            let j = i + below_u32(generator, (bases.len() - i) as u32) as usize;
            bases.swap(i, j);
        }
    } else if bases.len() > k {
        KmerGraph::new(bases, k).draw(bases, generator);
    }
}

/// The graph of a sequence's k-mers.
struct KmerGraph {
    k: usize,
    /// `exits[from[v]..from[v + 1]]` are the exits of vertex `v`, each given by the vertex that it leads to.
    from: Vec<u32>,
    exits: Vec<u32>,
    /// The last base of each vertex.
    base: Vec<u8>,
    first: u32,
    last: u32,
}

impl KmerGraph {
    fn new(bases: &[u8], k: usize) -> KmerGraph {
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
        KmerGraph {
            k,
            from,
            exits,
            base,
            first: visited[0],
            last: visited[visited.len() - 1],
        }
    }

    /// Overwrites `bases` with a random Eulerian path.
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

    /// Orders the exits of each vertex: the exit in the tree last, the others at random.
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

    /// A random spanning tree: for each vertex, the index of its exit towards the end of the path; [`NONE`] for the end itself.
    fn random_tree(&self, generator: &mut ChaCha8Rng) -> Vec<u32> {
        let n = self.base.len();
        let mut exit = vec![NONE; n];
        let mut in_tree = vec![false; n];
        in_tree[self.last as usize] = true;
        let leads_to = |v: usize, exit: u32| self.exits[(self.from[v] + exit) as usize] as usize;
        for start in 0..n {
            let mut v = start;
            // Erases loops: exits in a loop are overwritten when the walk returns.
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

/// The vertices that a sequence visits, numbered in lexicographic order, and the last base of each vertex.
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
    let known: Vec<u32> = if size <= MAX_TABLE_ENTRIES {
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
