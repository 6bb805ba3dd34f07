package io.llamamesh.apiserver.schema;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Schemas of the built-in kinds: fields and types from the client's model classes, merge markers
 * from {@link MergeMarkers} and defaults from {@link BuiltInDefaults}, since the classes do not
 * carry them.
 */
public final class ModelSchemas {
  private static final ObjectMapper MODEL = new ObjectMapper();
  private static final Map<String, Schema> BEANS = new ConcurrentHashMap<>();
  private static final Set<Class<?>> STRINGS = Set.of(String.class, MicroTime.class);
  private static final Set<Class<?>> MIXED = Set.of(IntOrString.class, Quantity.class);

  private ModelSchemas() {}

  /** The schema of a model class. */
  public static Schema of(Class<?> model) {
    return bean(MODEL.constructType(model), MissingNode.getInstance());
  }

  /** The schema of every object's {@code metadata}. */
  public static Schema objectMeta() {
    return of(ObjectMeta.class);
  }

  private static Schema of(JavaType type, String owner, String field) {
    Class<?> raw = type.getRawClass();
    JsonNode preset = BuiltInDefaults.of(owner, field);
    if (type.isCollectionLikeType()) {
      MergeMarkers.Marker marker = MergeMarkers.of(owner, field);
      return Schema.builder(Schema.Type.LIST)
          .items(lazily(type.getContentType(), owner, field + "[]"))
          .list(marker.kind(), marker.keys())
          .constraints(preset)
          .build();
    }
    if (type.isMapLikeType()) {
      return Schema.builder(Schema.Type.OBJECT)
          .values(lazily(type.getContentType(), owner, field + "{}"))
          .atomicMap(MergeMarkers.isAtomic(owner, field))
          .build();
    }
    if (STRINGS.contains(raw) || raw.isEnum()) {
      return Schema.builder(Schema.Type.STRING).constraints(preset).build();
    }
    if (MIXED.contains(raw)) {
      return Schema.builder(Schema.Type.INT_OR_STRING).constraints(preset).build();
    }
    if (raw == Integer.class || raw == Long.class || raw == int.class || raw == long.class) {
      return Schema.builder(Schema.Type.INTEGER).constraints(preset).build();
    }
    if (raw == Boolean.class || raw == boolean.class) {
      return Schema.builder(Schema.Type.BOOLEAN).constraints(preset).build();
    }
    if (raw == Double.class || raw == double.class) {
      return Schema.builder(Schema.Type.NUMBER).build();
    }
    boolean modelled =
        raw.getName().startsWith("io.fabric8.kubernetes.api.model.")
            && !raw.getName().startsWith(JSONSchemaProps.class.getPackageName() + ".JSON")
            && !raw.isInterface()
            && !Modifier.isAbstract(raw.getModifiers());
    return modelled ? bean(type, preset) : Schema.ANY;
  }

  private static Schema bean(JavaType type, JsonNode preset) {
    String id = type.toCanonical() + preset;
    Schema known = BEANS.get(id);
    if (known != null) {
      return known;
    }
    String owner = type.getRawClass().getSimpleName();
    Map<String, Supplier<Schema>> fields = new LinkedHashMap<>();
    for (BeanPropertyDefinition property :
        MODEL.getDeserializationConfig().introspect(type).findProperties()) {
      if (!property.getName().equals("additionalProperties")) {
        fields.put(
            property.getName(), lazily(property.getPrimaryType(), owner, property.getName()));
      }
    }
    Schema made =
        fields.isEmpty()
            ? Schema.builder(Schema.Type.OBJECT).openFields(true).constraints(preset).build()
            : Schema.builder(Schema.Type.OBJECT)
                .properties(fields)
                .atomicMap(MergeMarkers.isAtomic(owner, ""))
                .constraints(preset)
                .build();
    Schema raced = BEANS.putIfAbsent(id, made);
    return raced == null ? made : raced;
  }

  private static Supplier<Schema> lazily(JavaType type, String owner, String field) {
    return new Supplier<>() {
      private volatile List<Schema> made = List.of();

      @Override
      public Schema get() {
        List<Schema> now = made;
        if (now.isEmpty()) {
          now = List.of(of(type, owner, field));
          made = now;
        }
        return now.getFirst();
      }
    };
  }
}
