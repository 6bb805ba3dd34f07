package io.llamamesh.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.llamamesh.local", importOptions = DoNotIncludeTests.class)
class LocalImportRulesTest {
  @ArchTest
  static final ArchRule partsDoNotKnowEachOther =
      slices()
          .matching("io.llamamesh.local.(*)..")
          .namingSlices("$1")
          .should()
          .notDependOnEachOther()
          .ignoreDependency(
              com.tngtech.archunit.base.DescribedPredicate.describe(
                  "main", c -> c.getPackageName().equals("io.llamamesh.local.main")),
              com.tngtech.archunit.base.DescribedPredicate.alwaysTrue());

  @ArchTest
  static final ArchRule onlyMainExits =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.llamamesh.local.main")
          .should()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(System.class, "getenv", String.class);
}
