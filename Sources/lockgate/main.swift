import Models
print("hi")
