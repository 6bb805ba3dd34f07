package io.llamamesh.fabric.crdt;

import io.llamamesh.fabric.codec.ByteReader;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.codec.CodecException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Documents as bytes: a version, the context, the fields. Equal documents have equal bytes, so that
 * a digest of the bytes shows whether two replicas agree. Actors are written once, in the context,
 * and named by their place there.
 *
 * <p>Decoding holds every bound of {@link DocumentLimits}, and what the join relies on: each dot is
 * seen, and stands at one place only.
 */
public final class DocumentCodec {

  private static final int VERSION = 1;
  private static final int MAX_NODES = 1 << 16;
  private static final int MAX_LIVES = 1 << 16;
  private static final int MAX_RANGES = 1 << 12;
  private static final int MAX_ITEMS = 1 << 20;

  private DocumentCodec() {}

  /** Bytes of a document. */
  public static byte[] encode(Document document) {
    ByteWriter out = new ByteWriter();
    out.writeByte(VERSION);
    new Encoder(out, document).encode();
    return out.toBytes();
  }

  /**
   * The document that was encoded.
   *
   * @throws CodecException when the bytes are no document, of another version, or break a bound
   */
  public static Document decode(byte[] bytes) throws CodecException {
    ByteReader in = new ByteReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new CodecException("document of version " + version + ", known is " + VERSION);
    }
    try {
      Document document = new Decoder(in).decode();
      in.expectEnd();
      return document;
    } catch (IllegalArgumentException e) {
      throw new CodecException(String.valueOf(e.getMessage()));
    }
  }

  private static final class Encoder {
    private final ByteWriter out;
    private final Document document;
    private final Map<Actor, Integer> places = new HashMap<>();

    Encoder(ByteWriter out, Document document) {
      this.out = out;
      this.document = document;
    }

    void encode() {
      context();
      map(document.root());
    }

    private void context() {
      // Lives below the floor have no events of their own left, but dots may still name them.
      TreeMap<String, TreeSet<Long>> lives = new TreeMap<>();
      document
          .context()
          .nodes()
          .forEach((node, clock) -> lives.put(node, new TreeSet<>(clock.lives().keySet())));
      document
          .root()
          .forEachDot(dot ->
              lives
                  .computeIfAbsent(dot.actor().node(), node -> new TreeSet<>())
                  .add(dot.actor().life()));
      out.writeVarint(lives.size());
      for (Map.Entry<String, TreeSet<Long>> node : lives.entrySet()) {
        CausalContext.NodeClock clock = document.context().clock(node.getKey());
        out.writeText(node.getKey());
        out.writeVarint(clock.floor());
        out.writeVarint(node.getValue().size());
        long before = 0;
        for (long life : node.getValue()) {
          out.writeVarint(life - before);
          before = life;
          ranges(clock.lives().getOrDefault(life, Ranges.EMPTY));
          places.put(new Actor(node.getKey(), life), places.size());
        }
      }
    }

    private void ranges(Ranges ranges) {
      out.writeVarint(ranges.count());
      long before = 0;
      for (int i = 0; i < ranges.count(); i++) {
        out.writeVarint(ranges.first(i) - before);
        out.writeVarint(ranges.last(i) - ranges.first(i));
        before = ranges.last(i);
      }
    }

    private void map(FieldMap map) {
      out.writeVarint(map.fields().size());
      for (Map.Entry<Field, Crdt> field : map.fields().entrySet()) {
        out.writeText(field.getKey().name());
        out.writeByte(field.getKey().type().code());
        field(field.getValue());
      }
    }

    private void field(Crdt value) {
      switch (value) {
        case Counter counter -> {
          out.writeVarint(counter.shares().size());
          counter
              .shares()
              .forEach((dot, share) -> {
                dot(dot);
                out.writeLong(share);
              });
        }
        case Flag flag -> dots(flag.enables());
        case Register register -> {
          out.writeVarint(register.assignments().size());
          register
              .assignments()
              .forEach((dot, assignment) -> {
                dot(dot);
                out.writeVarint(assignment.timestampMillis());
                out.writeText(assignment.value());
              });
        }
        case ElementSet set -> {
          out.writeVarint(set.adds().size());
          set.adds()
              .forEach((element, dots) -> {
                out.writeText(element);
                dots(dots.values());
              });
        }
        case FieldMap map -> map(map);
      }
    }

    private void dots(SortedMap<Dot, Boolean> dots) {
      out.writeVarint(dots.size());
      dots.keySet().forEach(this::dot);
    }

    private void dot(Dot dot) {
      Integer place = places.get(dot.actor());
      if (place == null) {
        throw new IllegalStateException("a dot of " + dot.actor() + " that is not in the context");
      }
      out.writeVarint(place);
      out.writeVarint(dot.event());
    }
  }

  private static final class Decoder {
    private final ByteReader in;
    private final List<Actor> actors = new ArrayList<>();
    private final Set<Dot> dots = new HashSet<>();
    private CausalContext context = CausalContext.EMPTY;

    Decoder(ByteReader in) {
      this.in = in;
    }

    Document decode() throws CodecException {
      context = context();
      FieldMap root = map(1);
      return new Document(root, context);
    }

    private CausalContext context() throws CodecException {
      TreeMap<String, CausalContext.NodeClock> nodes = new TreeMap<>();
      int count = in.readCount(MAX_NODES);
      for (int i = 0; i < count; i++) {
        String node = in.readText(DocumentLimits.MAX_NAME_BYTES);
        checkOrder(nodes, node);
        long floor = in.readVarint(DocumentLimits.MAX_LIFE);
        TreeMap<Long, Ranges> lives = new TreeMap<>();
        int lifeCount = in.readCount(MAX_LIVES);
        long life = 0;
        for (int j = 0; j < lifeCount; j++) {
          long step = in.readVarint(DocumentLimits.MAX_LIFE - life);
          if (step == 0) {
            throw new CodecException("lives out of order");
          }
          life += step;
          actors.add(new Actor(node, life));
          Ranges ranges = ranges();
          if (!ranges.isEmpty()) {
            if (life < floor) {
              throw new CodecException("events below the floor");
            }
            lives.put(life, ranges);
          }
        }
        if (floor > 0 || !lives.isEmpty()) {
          nodes.put(node, new CausalContext.NodeClock(floor, lives));
        } else {
          throw new CodecException("a node of which nothing is seen");
        }
      }
      return CausalContext.of(nodes);
    }

    private Ranges ranges() throws CodecException {
      int count = in.readCount(MAX_RANGES);
      long[] bounds = new long[2 * count];
      long before = 0;
      for (int i = 0; i < count; i++) {
        bounds[2 * i] = before + in.readVarint(DocumentLimits.MAX_EVENT - before);
        bounds[2 * i + 1] = bounds[2 * i] + in.readVarint(DocumentLimits.MAX_EVENT - bounds[2 * i]);
        before = bounds[2 * i + 1];
      }
      return Ranges.ofBounds(bounds);
    }

    private FieldMap map(int depth) throws CodecException {
      if (depth > DocumentLimits.MAX_DEPTH) {
        throw new CodecException("maps nested deeper than " + DocumentLimits.MAX_DEPTH);
      }
      TreeMap<Field, Crdt> fields = new TreeMap<>();
      int count = in.readCount(MAX_ITEMS);
      for (int i = 0; i < count; i++) {
        Field field =
            new Field(in.readText(DocumentLimits.MAX_NAME_BYTES), FieldType.ofCode(in.readByte()));
        checkOrder(fields, field);
        Crdt value = field(field.type(), depth);
        if (value.isEmpty()) {
          throw new CodecException("an empty field");
        }
        fields.put(field, value);
      }
      return FieldMap.of(fields);
    }

    private Crdt field(FieldType type, int depth) throws CodecException {
      return switch (type) {
        case COUNTER -> {
          TreeMap<Dot, Long> shares = new TreeMap<>();
          int count = in.readCount(MAX_ITEMS);
          for (int i = 0; i < count; i++) {
            shares.put(dot(shares), in.readLong());
          }
          yield Counter.of(shares);
        }
        case FLAG -> Flag.of(dots());
        case REGISTER -> {
          TreeMap<Dot, Register.Assignment> assignments = new TreeMap<>();
          int count = in.readCount(MAX_ITEMS);
          for (int i = 0; i < count; i++) {
            Dot dot = dot(assignments);
            long timestamp = in.readVarint(DocumentLimits.MAX_TIMESTAMP);
            String value = in.readText(DocumentLimits.MAX_TEXT_BYTES);
            assignments.put(dot, new Register.Assignment(timestamp, value));
          }
          yield Register.of(assignments);
        }
        case SET -> {
          TreeMap<String, SortedMap<Dot, Boolean>> adds = new TreeMap<>();
          int count = in.readCount(MAX_ITEMS);
          for (int i = 0; i < count; i++) {
            String element = in.readText(DocumentLimits.MAX_TEXT_BYTES);
            checkOrder(adds, element);
            SortedMap<Dot, Boolean> added = dots();
            if (added.isEmpty()) {
              throw new CodecException("an element without a dot");
            }
            adds.put(element, added);
          }
          yield ElementSet.of(adds);
        }
        case MAP -> map(depth + 1);
      };
    }

    private SortedMap<Dot, Boolean> dots() throws CodecException {
      TreeMap<Dot, Boolean> read = new TreeMap<>();
      int count = in.readCount(MAX_ITEMS);
      for (int i = 0; i < count; i++) {
        read.put(dot(read), true);
      }
      return read;
    }

    private Dot dot(SortedMap<Dot, ?> before) throws CodecException {
      if (actors.isEmpty()) {
        throw new CodecException("a dot without an actor");
      }
      Actor actor = actors.get((int) in.readVarint(actors.size() - 1));
      Dot dot = new Dot(actor, in.readVarint(DocumentLimits.MAX_EVENT));
      checkOrder(before, dot);
      if (!context.contains(dot)) {
        throw new CodecException("a dot that is not seen");
      }
      if (!dots.add(dot)) {
        throw new CodecException("a dot at two places");
      }
      if (dots.size() > DocumentLimits.MAX_JOINED_DOTS) {
        throw new CodecException("more than " + DocumentLimits.MAX_JOINED_DOTS + " dots");
      }
      return dot;
    }

    private static <K extends Comparable<? super K>> void checkOrder(SortedMap<K, ?> before, K next)
        throws CodecException {
      if (!before.isEmpty() && before.lastKey().compareTo(next) >= 0) {
        throw new CodecException("out of order");
      }
    }
  }
}
