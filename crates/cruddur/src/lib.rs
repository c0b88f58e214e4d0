//! The domain of Cruddur: users, activities; types and rules on every target, SQL behind a feature
