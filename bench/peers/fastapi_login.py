"""The login system that Tegata's second set of paths comes from: FastAPI, SQLAlchemy, passlib and python-jose."""
import os
from datetime import datetime, timedelta
from typing import Optional

from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from jose import JWTError, jwt
from passlib.context import CryptContext
from pydantic import BaseModel
from sqlalchemy import Column, Integer, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

SECRET_KEY = os.environ["SECRET_KEY"]
Base = declarative_base()
engine = create_async_engine(os.environ["DB_URL"].replace("mysql:", "mysql+aiomysql:"))
Session = sessionmaker(autocommit=False, autoflush=False, bind=engine, class_=AsyncSession)
passwords = CryptContext(schemes=["bcrypt"], deprecated="auto", bcrypt__rounds=int(os.environ["BCRYPT_COST"]))
bearer = OAuth2PasswordBearer(tokenUrl="/api/token")
app = FastAPI()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(256), unique=True)
    password = Column(String(256))


class UserCreate(BaseModel):
    email: str
    password: str


class UserOut(BaseModel):
    email: str
    id: int

    class Config:
        orm_mode = True


async def get_db():
    async with Session() as session:
        yield session


@app.on_event("startup")
async def create_tables():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def by_email(db, email) -> Optional[User]:
    row = (await db.execute(select(User).where(User.email == email))).first()
    return row[0] if row else None


async def current(token, db):
    try:
        email = jwt.decode(token, SECRET_KEY, algorithms=["HS256"]).get("sub")
    except JWTError:
        return None
    return await by_email(db, email)


@app.post("/api/register", response_model=UserOut)
async def register(body: UserCreate, db: AsyncSession = Depends(get_db)):
    user = User(email=body.email, password=passwords.hash(body.password))
    db.add(user)
    try:
        await db.commit()
    except IntegrityError:
        await db.rollback()
        raise HTTPException(status.HTTP_409_CONFLICT, "already used email address")
    await db.refresh(user)
    return user


@app.post("/api/token")
async def login(form: OAuth2PasswordRequestForm = Depends(), db: AsyncSession = Depends(get_db)):
    user = await by_email(db, form.username)
    if user is None or not passwords.verify(form.password, user.password):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "incorrect email or password")
    claims = {"sub": user.email, "exp": datetime.utcnow() + timedelta(minutes=30)}
    return {"access_token": jwt.encode(claims, SECRET_KEY, "HS256"), "token_type": "bearer"}


@app.get("/api/user/me", response_model=UserOut)
async def me(token: str = Depends(bearer), db: AsyncSession = Depends(get_db)):
    user = await current(token, db)
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "could not validate credentials", {"WWW-Authenticate": "Bearer"})
    return user
