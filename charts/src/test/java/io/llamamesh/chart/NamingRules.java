package io.llamamesh.chart;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.PrimitiveTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.Tree.Kind;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.lang.model.type.TypeKind;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * What sources call things, as the compiler's parser reads them; nothing is compiled or resolved.
 *
 * @param booleanMethods {@code Type#method} of each public method of a public type that returns a
 *     boolean and that we name: no override, no component of a record
 * @param types packages by the simple name of the top-level types there
 */
record NamingRules(Set<String> booleanMethods, Map<String, Set<String>> types) {
  /**
   * Predicates, by their first word: a verb that asks, a verb in the third person as {@code
   * startsWith}, or one of Java's idioms for a command that may do nothing.
   */
  private static final Pattern PREDICATE =
      Pattern.compile(
          "((can|could|should|must|may|are|were|have|will|do|did|[a-z]*[a-rt-z]s"
              + "|try|add|offer|remove|await|test)([A-Z0-9].*)?)");

  /** Reads sources. */
  static NamingRules of(Iterable<? extends JavaFileObject> sources) throws IOException {
    JavacTask task =
        (JavacTask)
            ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, null, List.of("-proc:none"), null, sources);
    NamingRules found = new NamingRules(new TreeSet<>(), new TreeMap<>());
    for (CompilationUnitTree unit : task.parse()) {
      new Reader(found, String.valueOf(unit.getPackageName())).scan(unit, null);
    }
    return found;
  }

  /** Boolean methods whose names are no predicates. */
  List<String> noPredicates() {
    return booleanMethods.stream()
        .filter(name -> !PREDICATE.matcher(name.substring(name.indexOf('#') + 1)).matches())
        .toList();
  }

  /** Simple names that stand in more than one package, with these packages. */
  List<String> ambiguousTypes() {
    List<String> found = new ArrayList<>();
    types.forEach((name, packages) -> {
      if (packages.size() > 1) {
        found.add(name + " in " + packages);
      }
    });
    return found;
  }

  /** Collects from one source. */
  private static final class Reader extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final NamingRules found;
    private final String folder;
    private final Deque<ClassTree> enclosing = new ArrayDeque<>();
    private boolean isVisible = true;

    Reader(NamingRules found, String folder) {
      this.found = found;
      this.folder = folder;
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void unused) {
      if (enclosing.isEmpty()) {
        found
            .types()
            .computeIfAbsent(type.getSimpleName().toString(), name -> new TreeSet<>())
            .add(folder);
      }
      boolean before = isVisible;
      isVisible =
          before
              && !type.getSimpleName().isEmpty()
              && isPublic(type.getModifiers().getFlags(), enclosing.peek());
      enclosing.push(type);
      super.visitClass(type, null);
      enclosing.pop();
      isVisible = before;
      return null;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
      ClassTree owner = enclosing.peek();
      if (owner != null
          && isVisible
          && isBoolean(method.getReturnType())
          && isPublic(method.getModifiers().getFlags(), owner)
          && method.getModifiers().getAnnotations().stream()
              .noneMatch(a -> a.getAnnotationType().toString().equals("Override"))) {
        found.booleanMethods().add(folder + "." + owner.getSimpleName() + "#" + method.getName());
      }
      return super.visitMethod(method, null);
    }

    private static boolean isBoolean(@Nullable Tree type) {
      return type instanceof PrimitiveTypeTree primitive
          && primitive.getPrimitiveTypeKind() == TypeKind.BOOLEAN;
    }

    /** Members of an interface are public unless they say otherwise. */
    private static boolean isPublic(Set<Modifier> flags, @Nullable ClassTree owner) {
      boolean inInterface = owner != null && owner.getKind() == Kind.INTERFACE;
      return flags.contains(Modifier.PUBLIC) || (inInterface && !flags.contains(Modifier.PRIVATE));
    }
  }
}
