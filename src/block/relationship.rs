//! The relationships of blocks. The ids of a whole part are in one list.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{BlockId, RelationshipKind};

/// One relationship of a block: its kind, and the ids that it lists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Relationship<'a> {
    kind: &'a RelationshipKind,
    ids: Option<&'a [BlockId]>,
}

impl<'a> Relationship<'a> {
    /// How the blocks relate.
    pub fn kind(&self) -> &'a RelationshipKind {
        self.kind
    }

    /// The ids of the other blocks, in Textract's order.
    pub fn ids(&self) -> &'a [BlockId] {
        self.ids.unwrap_or_default()
    }

    /// The ids; `None` if there was no such member.
    pub(crate) fn sent_ids(&self) -> Option<&'a [BlockId]> {
        self.ids
    }
}

impl fmt::Debug for Relationship<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({} ids)", self.kind, self.ids().len())
    }
}

/// The relationships of many blocks, and all the ids that they list.
#[derive(Default)]
pub(super) struct Arena {
    pub(super) ids: Vec<BlockId>,
    pub(super) links: Vec<Link>,
}

/// A relationship within its [`Arena`].
pub(super) struct Link {
    pub(super) kind: RelationshipKind,
    /// `None` if there was no such member.
    pub(super) ids: Option<Range<usize>>,
}

/// The relationships of one block: a range of an [`Arena`] that it shares with the other blocks of its part.
#[derive(Clone, Default)]
pub(super) struct Relationships {
    arena: Option<Arc<Arena>>,
    first: u32,
    len: u32,
}

impl Relationships {
    /// No such member.
    pub(super) const NONE: Self = Self { arena: None, first: 0, len: 0 };

    pub(super) fn of(arena: &Arc<Arena>, first: u32, len: u32) -> Self {
        Self { arena: Some(Arc::clone(arena)), first, len }
    }

    /// Whether there was such a member, even an empty one.
    pub(super) fn is_present(&self) -> bool {
        self.arena.is_some()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Relationship<'_>> + Clone {
        let (links, ids) = self.arena.as_ref().map_or((&[][..], &[][..]), |arena| {
            let first = self.first as usize;
            (arena.links.get(first..first + self.len as usize).unwrap_or_default(), &arena.ids)
        });
        links.iter().map(move |link| Relationship {
            kind: &link.kind,
            ids: link.ids.clone().map(|range| ids.get(range).unwrap_or_default()),
        })
    }
}

/// All of the relationships, in their own arena; ids that are `None` are not written.
impl FromIterator<(RelationshipKind, Option<Vec<BlockId>>)> for Relationships {
    fn from_iter<I: IntoIterator<Item = (RelationshipKind, Option<Vec<BlockId>>)>>(list: I) -> Self {
        let mut arena = Arena::default();
        for (kind, ids) in list {
            let first = arena.ids.len();
            let ids = ids.map(|ids| {
                arena.ids.extend(ids);
                first..arena.ids.len()
            });
            arena.links.push(Link { kind, ids });
        }
        // More relationships than that do not fit into memory.
        let len = u32::try_from(arena.links.len()).unwrap_or(u32::MAX);
        Self { arena: Some(Arc::new(arena)), first: 0, len }
    }
}
