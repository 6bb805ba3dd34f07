package io.llamamesh.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.crd.Names;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes what the API server sends, and where a field of an object cannot be decoded, all but that
 * field: one odd object must not end a watch, or fail a list, that many others are in.
 *
 * <p>Such a field is absent from the object, which carries {@link Names#UNREADABLE_ANNOTATION}; it
 * is logged once. What decodes as a whole costs nothing more.
 *
 * <p>Any thread may call.
 */
final class TolerantSerialization extends KubernetesSerialization {
  private static final Logger LOG = LoggerFactory.getLogger(TolerantSerialization.class);

  /** Fields of one answer; beyond that it is not a matter of single objects. */
  private static final int MAX_FIELDS = 1_000;

  private static final int MAX_REMEMBERED = 1_000;
  private static final String METADATA = "metadata";

  private final ObjectMapper mapper;
  private final Set<String> logged = Collections.synchronizedSet(new LinkedHashSet<>());

  TolerantSerialization() {
    this(new ObjectMapper());
  }

  private TolerantSerialization(ObjectMapper mapper) {
    super(mapper, true);
    this.mapper = mapper;
  }

  @Override
  public <T> T unmarshal(InputStream in, TypeReference<T> type) {
    InputStream again = repeatable(in);
    try {
      return super.unmarshal(again, type);
    } catch (RuntimeException e) {
      if (mapping(e) == null) {
        throw e;
      }
      return cast(decode(tree(again, e), mapper.constructType(type.getType()), e), type);
    }
  }

  @Override
  public <T> T convertValue(Object value, Class<T> type) {
    try {
      return super.convertValue(value, type);
    } catch (RuntimeException e) {
      if (mapping(e) == null) {
        throw e;
      }
      return type.cast(decode(mapper.valueToTree(value), mapper.constructType(type), e));
    }
  }

  @SuppressWarnings({"unchecked", "unused"})
  private static <T> T cast(Object decoded, TypeReference<T> type) {
    return (T) decoded;
  }

  /** Closing one of bytes does nothing, so that it can be read twice. */
  private static InputStream repeatable(InputStream in) {
    if (in instanceof ByteArrayInputStream) {
      in.mark(Integer.MAX_VALUE);
      return in;
    }
    try (in) {
      return new ByteArrayInputStream(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonNode tree(InputStream again, RuntimeException problem) {
    try {
      again.reset();
      return mapper.readTree(again);
    } catch (IOException e) {
      problem.addSuppressed(e);
      throw problem;
    }
  }

  private Object decode(JsonNode tree, JavaType type, RuntimeException problem) {
    for (int i = 0; i < MAX_FIELDS; i++) {
      try {
        return mapper.treeToValue(tree, type);
      } catch (JsonMappingException e) {
        if (!remove(tree, e)) {
          throw problem;
        }
      } catch (JsonProcessingException e) {
        throw problem;
      }
    }
    throw problem;
  }

  /** Removes the field that the problem is about; false where there is none. */
  private boolean remove(JsonNode tree, JsonMappingException problem) {
    List<JsonNode> nodes = new ArrayList<>(List.of(tree));
    List<JsonMappingException.Reference> path = problem.getPath();
    for (JsonMappingException.Reference step : path) {
      JsonNode next =
          step.getFieldName() == null
              ? nodes.getLast().get(step.getIndex())
              : nodes.getLast().get(step.getFieldName());
      if (next == null) {
        break;
      }
      nodes.add(next);
    }
    int steps = nodes.size() - 1;
    int object = enclosingObject(nodes);
    if (object < 0 || object >= steps) {
      return false;
    }
    String field = field(path.subList(object, steps));
    if (!delete(nodes.get(steps - 1), path.get(steps - 1))) {
      return false;
    }
    note((ObjectNode) nodes.get(object), field, reason(problem));
    return true;
  }

  /** The innermost node that is an object with a name; -1 where there is none. */
  private static int enclosingObject(List<JsonNode> nodes) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (nodes.get(i).isObject() && nodes.get(i).path(METADATA).path("name").isTextual()) {
        return i;
      }
    }
    return -1;
  }

  private static boolean delete(JsonNode parent, JsonMappingException.Reference step) {
    return switch (parent) {
      case ObjectNode object -> object.remove(step.getFieldName()) != null;
      case ArrayNode array -> array.remove(step.getIndex()) != null;
      default -> false;
    };
  }

  private void note(ObjectNode object, String field, String why) {
    ObjectNode metadata = (ObjectNode) object.get(METADATA);
    ObjectNode annotations =
        metadata.get("annotations") instanceof ObjectNode given
            ? given
            : metadata.putObject("annotations");
    String before = annotations.path(Names.UNREADABLE_ANNOTATION).asText("");
    annotations.put(
        Names.UNREADABLE_ANNOTATION, (before.isEmpty() ? "" : before + "\n") + field + ": " + why);
    String kind = object.path("kind").asText("");
    String name = metadata.path("namespace").asText("") + "/" + metadata.path("name").asText();
    if (logged.size() < MAX_REMEMBERED && logged.add(kind + " " + name + " " + field)) {
      LOG.warn(
          "a field cannot be decoded and is taken for absent kind={} object={} field={} error=\"{}\"",
          kind,
          name,
          field,
          why);
    }
  }

  /** {@code spec.groups[0].name}. */
  private static String field(List<JsonMappingException.Reference> path) {
    StringBuilder text = new StringBuilder();
    for (JsonMappingException.Reference step : path) {
      if (step.getFieldName() == null) {
        text.append('[').append(step.getIndex()).append(']');
      } else {
        text.append(text.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return text.toString();
  }

  private static String reason(JsonMappingException problem) {
    Throwable last = problem;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    String words =
        last instanceof JsonProcessingException json
            ? json.getOriginalMessage()
            : String.valueOf(last.getMessage());
    return words.lines().findFirst().orElse("").strip();
  }

  private static @Nullable JsonMappingException mapping(Throwable problem) {
    for (Throwable one = problem; one != null; one = one.getCause()) {
      if (one instanceof JsonMappingException mapping) {
        return mapping;
      }
    }
    return null;
  }
}
